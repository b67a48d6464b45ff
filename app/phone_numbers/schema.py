"""Phone numbers (domain 4): every field, its bounds, default and words."""

import uuid
from typing import Annotated, Literal, Self

from annotated_types import MaxLen
from pydantic import model_validator

from app.core.phones import Phone
from app.core.schema import UI, Distinct, Schema, at

CAPABILITIES = {"inbound": "Takes calls", "outbound": "Makes calls"}
PROVIDERS = {"twilio": "Twilio", "livekit": "LiveKit"}
STATUS = {"active": "Active", "inactive": "Inactive"}


class Forwarding(Schema):
    """Where the agent may pass a caller on."""

    forward_to: Annotated[
        Phone, UI("Forward to", "Empty: the agent forwards nobody.", widget="phone")
    ]
    enabled: Annotated[
        bool, UI("Forwarding is on", "The agent may use it; it does not have to.")
    ] = True
    should_disconnect: Annotated[
        bool, UI("The agent leaves", "Once the caller is through, the agent hangs up.")
    ] = True


class PhoneNumberIn(Schema):
    """A number that callers dial."""

    phone_number: Annotated[
        Phone,
        UI("Number", "As you would write it; a number belongs to one workspace only.",
           widget="phone"),
    ]  # fmt: skip
    display_name: Annotated[
        str, MaxLen(256), UI("Name", "What staff call it, such as Main line.")
    ] = ""
    notes: Annotated[str, MaxLen(2000), UI("Notes", "For staff only.")] = ""
    capabilities: Annotated[
        list[Literal["inbound", "outbound"]], MaxLen(2), Distinct,
        UI("Used for", options=CAPABILITIES),
    ] = ["inbound", "outbound"]  # fmt: skip
    provider: Annotated[
        Literal["twilio", "livekit"], UI("Provider", "Who carries it.", options=PROVIDERS)
    ] = "twilio"
    provider_phone_sid: Annotated[
        str | None, MaxLen(64), UI("Provider’s id", "From your provider’s console.", widget="mono")
    ] = None  # fmt: skip
    status: Annotated[
        Literal["active", "inactive"], UI("Status", "Inactive: nobody answers.", options=STATUS)
    ] = "active"
    inbound_service_id: Annotated[
        uuid.UUID | None, UI("Answered by", "The service that takes its calls.", blank="Nobody")
    ] = None
    forwarding: Annotated[Forwarding | None, UI("Forwarding")] = None

    @model_validator(mode="after")
    def _leads_elsewhere(self) -> Self:
        if self.forwarding and self.forwarding.forward_to == self.phone_number:
            raise at("forwarding.forward_to", "A number cannot forward to itself.")
        return self


class TestCallers(Schema):
    """Numbers whose calls are tests."""

    numbers: Annotated[
        list[Phone], MaxLen(100), Distinct,
        UI("Test callers", "Calls from these numbers are marked as tests and stay out of the EHR.",
           phones=True),
    ] = []  # fmt: skip
