"""How a schema's field looks on a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

WIDGETS = frozenset(
    {
        "", "text", "textarea", "range", "select", "switch", "chips", "password", "email", "json",
        "number", "mono", "rows", "boxes", "table", "group", "ref",
        "lines", "phone", "datetime",
    }
)  # fmt: skip


@dataclass(frozen=True)
class UI:
    """The face of one field: goes into `Annotated` beside its bounds.

    `widget` is guessed from the type when empty. `options` maps the values of a choice to their
    labels. A `secret` is never rendered, and left blank it is not part of what was entered.
    """

    label: str
    help: str = ""
    unit: str = ""
    widget: str = ""
    suggestions: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    secret: bool = False
    placeholder: str = ""
    blank: str = ""
    """What an empty choice is called."""
    key: str = "Name"
    """What the name of a row is called."""
    key_example: str = ""
    phones: bool = False
    """Whether a list holds phone numbers, shown as people here write them."""
    when: tuple[str, ...] = ()
    """Choices of another field that make this one matter; the page hides it for others."""
    tall: bool = False
    """Whether much text is expected."""

    def __post_init__(self) -> None:
        if self.widget not in WIDGETS:
            raise ValueError(f"{self.widget} is no widget")
