"""Loading the demo: organizations, people, settings and calls, through the real actions."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import current_app, g

from app.accounts import actions as accounts
from app.accounts import invitations
from app.accounts.schema import Invite
from app.api_keys import actions as keys
from app.api_keys.schema import KeyIn
from app.calls import imports
from app.calls.schema import CallIn
from app.core import database, settings, tenancy
from app.core.access import granted
from app.core.identity import Actor, Workspace
from app.resolution import resolver
from app.sign_in import actions as people
from app.voice.routes import VOICE
from app.world import imports as world

from . import aged, desk, details, patients, recordings, setup, worked
from .generate import CLINICS, Clinic, generate

PASSWORD = "ward-demo"
WEB = world.Origin("web_sign_up", "web_sign_up", None, None, 0.5)
ORGANIZATIONS = {"riverside": "Riverside Health", "lakeside": "Lakeside Dental"}
ENVIRONMENTS = {"riverside-family-staging": "staging", "riverside-family-dev": "development"}
FAMILY = ("riverside-family", "riverside-family-staging", "riverside-family-dev")
PEOPLE = {
    "owner@riverside.example": ("Ana Ruiz", dict.fromkeys((*FAMILY, "riverside-pediatrics"), "owner")),
    "admin@riverside.example": (
        "Marcus Chen", dict.fromkeys(FAMILY, "admin") | {"riverside-pediatrics": "viewer"}),
    "member@riverside.example": ("Priya Shah", dict.fromkeys(FAMILY, "member")),
    "viewer@riverside.example": ("Tom Becker", dict.fromkeys(FAMILY, "viewer")),
    "owner@lakeside.example": ("Ingrid Lund", {"lakeside-dental": "owner"}),
}  # fmt: skip
VOICES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "riverside": [
        ("owner@riverside.example", {
            "voice_id": "21m00Tcm4TlvDq8ikWAM", "tone": "friendly", "speed": 1.1,
            "keyterms": ["metformin", "lisinopril", "HbA1c", "MyChart"],
            "sensitive_topics": ["self-harm", "domestic violence"],
        }),
        ("admin@riverside.example", {
            "tone": "calm", "speed": 1.05, "keyterms": [
                "metformin", "lisinopril", "Dr. Nguyen-Reyes", "HbA1c", "telehealth", "MyChart",
                "prior authorization"],
            "sensitive_topics": ["self-harm", "domestic violence", "medication dosage",
                                 "bereavement"],
        }),
        ("admin@riverside.example", {
            "tts_provider": "cartesia", "correction_categories": ["medication names"],
            "language_providers": {"es-US": {"provider": "elevenlabs", "config": {}}},
        }),
    ],
    "lakeside": [
        ("owner@lakeside.example", {
            "voice_id": "lakeside-front-desk", "tone": "cheerful",
            "keyterms": ["Invisalign", "Dr. Castellano", "bruxism"],
        }),
    ],
}  # fmt: skip
_EXISTS = """
select exists (select from workspace where slug = any(%(slugs)s))
"""
_ORGANIZATION = "insert into organization (id, name) values (%(id)s, %(name)s)"
_WORKSPACE = """
insert into workspace (id, organization_id, slug, name, environment)
values (%(id)s, %(organization_id)s, %(slug)s, %(name)s, %(environment)s)
"""


class Refused(RuntimeError):
    """The demo cannot be loaded; the message says why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded."""

    workspaces: int
    calls: int
    turns: int


class Loader:
    """One load, in transactions of its own."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.users: dict[str, uuid.UUID] = {}
        self.organizations: dict[str, uuid.UUID] = {}

    def people(self) -> None:
        """Everybody who signs in."""
        for email, (name, _roles) in PEOPLE.items():
            with database.transaction():
                self.users[email] = people.create_user(email, name, PASSWORD).id
            tenancy.leave()

    def organizations_of(self, kind: str) -> uuid.UUID:
        """The organization, made when it is first needed."""
        if kind not in self.organizations:
            tenancy.identify(user_id=next(iter(self.users.values())))
            made = database.new_id()
            database.execute(_ORGANIZATION, {"id": made, "name": ORGANIZATIONS[kind]})
            self.organizations[kind] = made
        return self.organizations[kind]

    def actor(self, clinic: Clinic, place: uuid.UUID, email: str, account: uuid.UUID) -> Actor:
        """One of the people at work in a workspace."""
        kind = clinic.slug.split("-")[0]
        role = PEOPLE[email][1][clinic.slug]
        environment = ENVIRONMENTS.get(clinic.slug, "production")
        here = Workspace(place, clinic.slug, clinic.name, environment, "us-east-1",
                         self.organizations[kind], ORGANIZATIONS[kind])  # fmt: skip
        return Actor("account", self.users[email], PEOPLE[email][0], email, here, account, role,
                     granted(role))  # fmt: skip

    def workspace(self, clinic: Clinic) -> tuple[int, int]:
        """One clinic with its people, settings and calls; how many calls and turns."""
        kind = clinic.slug.split("-")[0]
        with database.transaction():
            organization = self.organizations_of(kind)
            place = database.new_id()
            tenancy.enter(place)
            database.execute(
                _WORKSPACE,
                {"id": place, "organization_id": organization, "slug": clinic.slug,
                 "name": clinic.name,
                 "environment": ENVIRONMENTS.get(clinic.slug, "production")},
            )  # fmt: skip
            actors = self._accounts(clinic, place)
            self._settle(clinic, kind, actors)
            g.actor = next(iter(actors.values()))
            calls = generate(clinic, self.today)
            done = imports.ingest(place, (CallIn.model_validate(call) for call in calls))
            added = (0, 0)
            if clinic.slug == "riverside-family":
                added = worked.work(place, clinic.slug, actors, self.today)
            recordings.record(next(iter(actors.values())), clinic.slug)
            self._know(clinic, place, list(dict.fromkeys(call["caller_id"] for call in calls)))
            if clinic.slug == "riverside-family":
                g.actor = next(iter(actors.values()))
                details.tell(g.actor, place)
            g.pop("actor", None)
            aged.outlive(clinic, place, calls, self.today)
        tenancy.leave()
        if done.refused:
            raise Refused(f"{done.refused} demo calls were refused: {done.errors[0]['detail']}")
        return done.stored + added[0], done.turns + added[1]

    def _know(self, clinic: Clinic, place: uuid.UUID, phones: list[str]) -> None:
        found = patients.resources(clinic.slug, clinic.doctors, phones, self.today)
        web = patients.signed_up(found)
        for origin, resources in ((world.Origin(), found), (WEB, web)):
            items = ((f"resource {n}", None, resource) for n, resource in enumerate(resources, 1))
            world.run(place, origin, items)
        while resolver.step(place).more:
            pass

    def _accounts(self, clinic: Clinic, place: uuid.UUID) -> dict[str, Actor]:
        found = {}
        for email, (_name, roles) in PEOPLE.items():
            if clinic.slug in roles:
                account = accounts.add(place, self.users[email], roles[clinic.slug])
                assert account is not None
                found[email] = self.actor(clinic, place, email, account)
        return found

    def _settle(self, clinic: Clinic, kind: str, actors: dict[str, Actor]) -> None:
        for email, change in VOICES[kind]:
            who = actors.get(email)
            if who is not None and who.may("VoiceSettings.update"):
                settings.save(who, VOICE, change)
        first = next(iter(actors.values()))
        g.actor = first
        desk.staff(kind, first)
        setup.configure(clinic, kind, first)
        key = KeyIn(name="Voice runtime", duration_days=60, role="member")
        keys.create(first, key)
        if clinic.slug == "riverside-family":
            invite = Invite(email="nora.fields@riverside.example", role="member")
            invitations.invite(first, invite, "{}")


def load() -> Loaded:
    """Load the demo once. Raises Refused in production or when it is there already."""
    config = current_app.config["WARD"]
    if config.production:
        raise Refused("Demo data is refused in production: its passwords are known to everybody.")
    if _is_there(config.maintenance_url):
        raise Refused("The demo workspaces are there already.")
    loader = Loader(datetime.now(UTC).date())
    loader.people()
    done = [loader.workspace(clinic) for clinic in CLINICS]
    return Loaded(len(done), sum(c for c, _ in done), sum(t for _, t in done))


def _is_there(url: str) -> bool:
    from app.core.jobs import maintenance

    with maintenance(url) as connection:
        slugs = {"slugs": [clinic.slug for clinic in CLINICS]}
        found = connection.execute(_EXISTS, slugs).fetchone()
    return bool(found and found[0])
