"""What people enter to sign in and to change their password."""

from typing import Annotated

from annotated_types import MaxLen, MinLen
from pydantic import StringConstraints

from app.core.schema import UI, Password, Schema

from .passwords import LONGEST, SHORTEST

LONG_ENOUGH = f"At least {SHORTEST} characters."
Chosen = Annotated[Password, MinLen(SHORTEST), MaxLen(LONGEST)]


class SignIn(Schema):
    """The sign-in form. Its bounds say nothing about which addresses exist."""

    email: Annotated[
        str, StringConstraints(to_lower=True, min_length=1, max_length=254),
        UI("E-mail", widget="email"),
    ]  # fmt: skip
    password: Annotated[Password, MinLen(1), MaxLen(LONGEST), UI("Password", widget="password")]


class PasswordChange(Schema):
    """My password: the one I have, and the one I want."""

    current: Annotated[
        Password, MinLen(1), MaxLen(LONGEST), UI("Current password", widget="password")
    ]
    new: Annotated[Chosen, UI("New password", help=LONG_ENOUGH, widget="password")]
