"""Roles and permissions: the one table of who may do what."""

from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

Role = Literal["owner", "admin", "member", "viewer"]
RANK: dict[str, int] = {"viewer": 10, "member": 20, "admin": 30, "owner": 40}
ROLES: tuple[Role, ...] = ("viewer", "member", "admin", "owner")
ABOUT: dict[str, str] = {
    "owner": "Everything: accounts, workspace settings and all resources.",
    "admin": "Settings, accounts of members and viewers, the audit log. Not the workspace itself.",
    "member": "Creates and manages conversations and calls, uses the API day to day.",
    "viewer": "Reads configuration, data and call records. Changes nothing.",
}
assert set(get_args(Role)) == set(RANK)


@dataclass(frozen=True, slots=True)
class Grant:
    """From which role on, and what it means in words."""

    lowest: Role
    group: str
    sentence: str


PERMISSIONS: dict[str, Grant] = {
    "Workspace.view": Grant("viewer", "Workspace", "Open the workspace and its settings"),
    "Workspace.update": Grant("owner", "Workspace", "Rename the workspace, say its records system"),
    "Workspace.archive": Grant("owner", "Workspace", "Archive the workspace"),
    "Account.view": Grant("viewer", "Accounts", "See who belongs to the workspace"),
    "Account.create": Grant("admin", "Accounts", "Invite people, up to one's own reach"),
    "Account.update": Grant("admin", "Accounts", "Change roles (admins: of members and viewers)"),
    "Account.delete": Grant("admin", "Accounts", "Remove people (admins: members and viewers)"),
    "VoiceSettings.view": Grant("viewer", "Settings", "Read the voice settings"),
    "VoiceSettings.update": Grant("admin", "Settings", "Change the voice settings"),
    "GeneralSettings.view": Grant("viewer", "Settings", "Read the workspace's general settings"),
    "GeneralSettings.update": Grant("admin", "Settings", "Change the general settings"),
    "BrandingSettings.view": Grant("viewer", "Settings", "Read how the workspace is shown"),
    "BrandingSettings.update": Grant("admin", "Settings", "Change the name and colour staff see"),
    "RetentionSettings.view": Grant("viewer", "Settings", "Read how long records are kept"),
    "RetentionSettings.update": Grant("admin", "Settings", "Change retention and legal hold"),
    "EscalationSettings.view": Grant("viewer", "Settings", "Read the escalation rules"),
    "EscalationSettings.update": Grant("admin", "Settings", "Change the escalation rules"),
    "Service.view": Grant("viewer", "Services", "Read services and their version sets"),
    "Service.create": Grant("admin", "Services", "Create services and their version sets"),
    "Service.update": Grant("admin", "Services", "Change services and their version sets"),
    "Service.delete": Grant("admin", "Services", "Delete services and their version sets"),
    "Agent.view": Grant("viewer", "Services", "Read agents and their versions"),
    "Agent.create": Grant("admin", "Services", "Create agents and their versions"),
    "Agent.update": Grant("admin", "Services", "Change agents and their versions"),
    "Agent.delete": Grant("admin", "Services", "Delete agents and their versions"),
    "ContextGraph.view": Grant("viewer", "Services", "Read context graphs and their versions"),
    "ContextGraph.create": Grant("admin", "Services", "Create context graphs and their versions"),
    "ContextGraph.update": Grant("admin", "Services", "Change context graphs and their versions"),
    "ContextGraph.delete": Grant("admin", "Services", "Delete context graphs and their versions"),
    "PhoneNumber.view": Grant("viewer", "Phone numbers", "See numbers, routes and test callers"),
    "PhoneNumber.create": Grant("admin", "Phone numbers", "Register phone numbers"),
    "PhoneNumber.update": Grant("admin", "Phone numbers", "Change numbers, routes, test callers"),
    "PhoneNumber.delete": Grant("admin", "Phone numbers", "Release phone numbers"),
    "Safety.view": Grant("viewer", "Safety", "Read the safety policies"),
    "Safety.update": Grant("admin", "Safety", "Change the safety grading"),
    "MonitorConcept.view": Grant("viewer", "Safety", "Read monitor concepts"),
    "MonitorConcept.create": Grant("admin", "Safety", "Create concepts, apply templates"),
    "MonitorConcept.update": Grant("admin", "Safety", "Change monitor concepts"),
    "MonitorConcept.delete": Grant("admin", "Safety", "Delete monitor concepts"),
    "DataSource.view": Grant("viewer", "Data sources", "See data sources, never their secrets"),
    "DataSource.create": Grant("admin", "Data sources", "Connect data sources"),
    "DataSource.update": Grant("admin", "Data sources", "Change and test data sources"),
    "DataSource.delete": Grant("admin", "Data sources", "Delete data sources"),
    "Operator.view": Grant("viewer", "Operators", "See operators and who is on duty"),
    "Operator.create": Grant("admin", "Operators", "Add operators"),
    "Operator.update": Grant("admin", "Operators", "Change operators and their status"),
    "Operator.delete": Grant("admin", "Operators", "Delete operators"),
    "Call.view": Grant("viewer", "Calls", "Read call records and transcripts"),
    "Call.create": Grant("member", "Calls", "Store calls"),
    "Call.update": Grant("member", "Calls", "Add turns to a call and end it"),
    "Call.reveal": Grant("member", "Calls", "See a caller's whole number (noted in the audit log)"),
    "Call.review": Grant("member", "Calls", "Mark calls as reviewed, assign, tag and note them"),
    "Call.remove_notes": Grant("admin", "Calls", "Remove notes that others wrote"),
    "Call.export": Grant(
        "member", "Calls", "Export call records, and transcripts with masked data"
    ),
    "Call.export_full": Grant("admin", "Calls", "Export whole transcripts, with a reason"),
    "Recording.view": Grant("viewer", "Calls", "Play recordings (noted in the audit log)"),
    "Recording.create": Grant("member", "Calls", "Upload recordings"),
    "SavedView.view": Grant("viewer", "Calls", "Use saved views of the call list"),
    "SavedView.create": Grant("member", "Calls", "Save views, for oneself or for everybody here"),
    "SavedView.update": Grant("member", "Calls", "Change views one has saved"),
    "SavedView.delete": Grant("member", "Calls", "Delete views one has saved"),
    "Conversation.view": Grant("viewer", "Calls", "Read text conversations"),
    "Conversation.create": Grant("member", "Calls", "Start text conversations"),
    "Conversation.update": Grant("member", "Calls", "Write in text conversations and close them"),
    "World.view": Grant("viewer", "World", "Read people, visits and all that is known of them"),
    "World.resolve": Grant("viewer", "World", "Find who somebody is by number or identifier"),
    "World.update": Grant("member", "World", "Add notes, correct fields, say who is the same"),
    "World.rescan": Grant("admin", "World", "Have everybody looked at again for duplicates"),
    "World.import": Grant("admin", "World", "Import records"),
    "EnrichmentKey.view": Grant("viewer", "World", "See which enrichment keys there are"),
    "EnrichmentKey.create": Grant("admin", "World", "Add enrichment keys"),
    "EnrichmentKey.update": Grant("admin", "World", "Change enrichment keys"),
    "EnrichmentKey.delete": Grant("admin", "World", "Delete enrichment keys"),
    "ApiKey.view_own": Grant("member", "API keys", "List one's own API keys"),
    "ApiKey.create": Grant("member", "API keys", "Create API keys, never above one's own role"),
    "ApiKey.update_own": Grant("member", "API keys", "Rotate one's own API keys"),
    "ApiKey.delete_own": Grant("member", "API keys", "Revoke one's own API keys"),
    "ApiKey.view": Grant("admin", "API keys", "See everybody's API keys"),
    "ApiKey.delete": Grant("admin", "API keys", "Revoke keys of people below one's own role"),
    "Audit.view": Grant("admin", "Audit", "Read and export the audit log"),
}


@cache
def granted(role: str) -> frozenset[str]:
    """Every permission of a role; nothing for a role that is not known."""
    rank = RANK.get(role, 0)
    return frozenset(name for name, grant in PERMISSIONS.items() if RANK[grant.lowest] <= rank)


def roles_with(permission: str) -> list[Role]:
    """The roles that hold a permission, lowest first."""
    return [role for role in ROLES if permission in granted(role)]


def who_can(permission: str) -> str:
    """In words: "admins and owners"."""
    names = [f"{role}s" for role in roles_with(permission)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def lesser(first: str, second: str) -> str:
    """The lower of two roles."""
    return first if RANK[first] <= RANK[second] else second


def may_act_on(role: str, target: str) -> bool:
    """Owners act on everybody, others only on those below them."""
    return role == "owner" or RANK[role] > RANK[target]


def may_grant(role: str, wanted: str) -> bool:
    """Owners grant any role, others only roles below their own."""
    return wanted in RANK and may_act_on(role, wanted)


@dataclass(frozen=True, slots=True)
class Capability:
    """One row of the roles page."""

    permission: str
    group: str
    sentence: str
    allowed: dict[str, bool]


def capabilities() -> list[Capability]:
    """The matrix, as it is enforced."""
    return [
        Capability(name, grant.group, grant.sentence, {r: name in granted(r) for r in ROLES})
        for name, grant in PERMISSIONS.items()
    ]
