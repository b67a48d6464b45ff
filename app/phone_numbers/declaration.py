"""The collection of phone numbers, and the workspace's test callers."""

import uuid

from app.core.collection import Collection, Derived, Record, Ref
from app.core.phones import local
from app.core.settings import Card, Settings
from app.services.declaration import SERVICES

from .schema import PhoneNumberIn, TestCallers

TAKEN = "This number is taken."


class PhoneNumbers(Collection[PhoneNumberIn]):
    """Numbers are called by what staff call them and by how people write them."""

    def called(self, label: str) -> str:
        return local(label)

    def named(self, record: Record[PhoneNumberIn]) -> str:
        shown = self.called(record.value.phone_number)
        name = record.value.display_name
        return f"{name}, {shown}" if name else shown


PHONE_NUMBERS = PhoneNumbers(
    table="phone_number",
    path="phone-numbers",
    schema=PhoneNumberIn,
    permission="PhoneNumber",
    one="Phone number",
    many="Phone numbers",
    text="The numbers callers dial, and the service each leads to.",
    icon="phone",
    label="phone_number",
    columns=("service_name", "status", "capabilities", "forwarding"),
    search=("phone_number", "display_name", "notes"),
    phones=("phone_number",),
    filters=("status", "provider", "inbound_service_id"),
    cards=(
        Card("Number", "As people dial it.", ("phone_number", "display_name", "notes")),
        Card("Answering", "Who takes its calls.", ("inbound_service_id", "status", "capabilities")),
        Card("Forwarding", "The agent may pass a caller on to this destination.", ("forwarding",)),
        Card("Provider", "Who carries the number.", ("provider", "provider_phone_sid")),
    ),
    empty="Register a number you have at your provider, and say which service answers it.",
    links=(("Routes", "route", "phone_numbers.routes"),
           ("Test callers", "flask-conical", "phone_numbers.test_callers")),
    unique={"uq_phone_number_phone_number": ("phone_number", TAKEN)},
    refs={"inbound_service_id": Ref(SERVICES, "service_name")},
    derived={"channel_phone_id": Derived(uuid.UUID | None, "Channel", "select null::uuid")},
    method="PUT",
)  # fmt: skip
TEST_CALLERS = Settings(
    "test_callers", TestCallers, view="PhoneNumber.view", update="PhoneNumber.update",
    title="Test callers", text="Numbers whose calls count as tests.", unset={"numbers": "None"},
    path="settings/test-callers", absolute="/v1/workspaces/<uuid:workspace_id>/test-caller-numbers",
    cards=(Card("Test callers", "Up to 100 numbers.", ("numbers",)),),
)  # fmt: skip
