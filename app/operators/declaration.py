"""The collection of operators."""

from datetime import datetime

from app.core.collection import Collection, Derived
from app.core.settings import Card

from .schema import OperatorIn

CHANGED = """
select max(r.created_at) from revision r where r.workspace_id = t.workspace_id
  and r.resource_type = 'operator' and r.resource_id = t.id::text and r.changed ? 'status'
"""

OPERATORS = Collection(
    table="operator",
    path="operators",
    schema=OperatorIn,
    permission="Operator",
    one="Operator",
    many="Operators",
    text="Who takes over when a caller asks for a person or the agent should not go on alone.",
    icon="headset",
    columns=("email", "type", "status", "connection_method"),
    search=("name", "email"),
    phones=("phone_number",),
    filters=("type", "status"),
    cards=(
        Card("Person", "Who it is.", ("name", "email")),
        Card("Calls", "Which calls come here, and how.",
             ("type", "skills", "connection_method", "phone_number", "status", "role")),
    ),
    empty="Without an operator, a caller who asks for a person reaches the fallback number only.",
    links=(("On duty", "clock", "operators.on_duty"),),
    derived={
        "active_call_sid": Derived(str | None, "On a call", "select null::text"),
        "total_escalations_handled": Derived(int, "Calls taken over", "select 0"),
        "avg_handle_time_seconds": Derived(float | None, "Usual length", "select null::float8"),
        "last_call_at": Derived(datetime | None, "Last call", "select null::timestamptz"),
        "last_status_change": Derived(datetime | None, "Status since", CHANGED),
    },
    unique={"uq_operator_workspace_id_email": (
        "email", "An operator with this address exists already.")},
)  # fmt: skip
