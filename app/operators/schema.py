"""Operators (domain 9): every field, its bounds, default and words."""

from typing import Annotated, Literal, Self

from annotated_types import Len, MaxLen
from pydantic import model_validator

from app.core.phones import Phone
from app.core.schema import UI, Email, Schema, at

TYPES = {
    "clinical": "Clinical",
    "administrative": "Administrative",
    "crisis_counselor": "Crisis counselor",
}
STATUS = {"online": "Online", "busy": "Busy", "offline": "Offline"}
Type = Literal["clinical", "administrative", "crisis_counselor"]


class OperatorIn(Schema):
    """Somebody who takes over calls."""

    name: Annotated[str, Len(1, 256), UI("Name", "As pages and the handed-over caller hear it.")]
    email: Annotated[Email, UI("E-mail", "One operator an address.", widget="email")]
    type: Annotated[Type, UI("Type", "What kind of call comes here.", options=TYPES)] = "clinical"
    role: Annotated[
        Literal["operator", "supervisor", "admin"],
        UI("Desk role", "Within the operator desk; it gives no rights in Ward.",
           options={"operator": "Operator", "supervisor": "Supervisor", "admin": "Admin"}),
    ] = "operator"  # fmt: skip
    skills: Annotated[
        list[Annotated[str, Len(1, 64)]], MaxLen(50),
        UI("Skills", "Languages, specialties, anything a call may need."),
    ] = []  # fmt: skip
    connection_method: Annotated[
        Literal["browser", "phone"],
        UI("Answers by", "Where they talk with callers.",
           options={"browser": "Browser", "phone": "Phone"}),
    ] = "browser"  # fmt: skip
    phone_number: Annotated[
        Phone | None,
        UI("Phone number", "Where calls are put through to.", widget="phone", when=("phone",)),
    ] = None
    status: Annotated[
        Literal["online", "busy", "offline"],
        UI("Status", "Whether a call can reach them now.", options=STATUS),
    ] = "offline"  # fmt: skip

    @model_validator(mode="after")
    def _phone_has_a_number(self) -> Self:
        if self.connection_method == "phone" and not self.phone_number:
            raise at("phone_number", "Somebody who answers by phone needs a phone number.")
        return self
