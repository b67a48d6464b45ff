"""The collection of operators."""

from app.core.collection import Collection
from app.core.settings import Card

from .schema import OperatorIn

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
    filters=("type", "status"),
    cards=(
        Card("Person", "Who it is.", ("name", "email")),
        Card("Calls", "Which calls come here, and how.",
             ("type", "skills", "connection_method", "phone_number", "status", "role")),
    ),
    empty="Without an operator, a caller who asks for a person reaches the fallback number only.",
    links=(("On duty", "clock", "operators.on_duty"),),
    unique={"uq_operator_workspace_id_email": (
        "email", "An operator with this address exists already.")},
)  # fmt: skip
