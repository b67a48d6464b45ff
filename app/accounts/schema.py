"""Invitations as people enter them."""

from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen

from app.core.schema import UI, Email, Password, Schema
from app.sign_in.actions import LONGEST, SHORTEST

RoleName = Literal["viewer", "member", "admin", "owner"]
NO_USER_YET = "This did not work. If you have used Ward with this address before, sign in instead."
LABELS = {
    "viewer": "Viewer: reads everything, changes nothing",
    "member": "Member: works with calls and the API",
    "admin": "Admin: changes settings, manages members and viewers",
    "owner": "Owner: everything",
}


class Invite(Schema):
    """Whom to invite, and as what."""

    email: Annotated[Email, UI("E-mail", widget="email", placeholder="ana@clinic.example")]
    role: Annotated[RoleName, UI("Role", options=LABELS)] = "viewer"


class RoleChange(Schema):
    """The role wanted, and the one the page showed."""

    role: Annotated[RoleName, UI("Role")]
    from_role: Annotated[RoleName, UI("Role so far")]


class NewUser(Schema):
    """Somebody who accepts an invitation and has never signed in before."""

    name: Annotated[str, MinLen(1), MaxLen(120), UI("Your name")]
    password: Annotated[
        Password, MinLen(SHORTEST), MaxLen(LONGEST),
        UI("Choose a password", help=f"At least {SHORTEST} characters.", widget="password"),
    ]  # fmt: skip
