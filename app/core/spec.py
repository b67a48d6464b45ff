"""What a form needs to know about a schema's field, read from its annotation once."""

import uuid
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from .ui import UI

LONG_TEXT = 300


@dataclass(frozen=True)
class Spec:
    """One field: its kind (one of `ui.WIDGETS`) and its bounds."""

    name: str
    ui: UI
    kind: str
    nullable: bool
    required: bool
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    item_length: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    """The Python value behind each choice's text."""
    inner: type[BaseModel] | None = None
    """The schema of a row's columns or of a group's fields."""

    @property
    def widget(self) -> str:
        """Which widget draws it."""
        if self.ui.widget:
            return self.ui.widget
        if self.kind == "text":
            return "textarea" if (self.max_length or 0) > LONG_TEXT else "text"
        return self.kind


def without_none(annotation: Any) -> tuple[Any, bool]:
    """The annotation without None, and whether None was allowed."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    nullable = len(kinds) < len(get_args(annotation))
    return (kinds[0] if len(kinds) == 1 else Union[tuple(kinds)]), nullable  # noqa: UP007


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    metadata = list(getattr(annotation, "__metadata__", ()))
    return (get_args(annotation)[0], metadata) if metadata else (annotation, [])


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return "select"
    if origin is bool:
        return "switch"
    if origin in (int, float):
        return "number"
    if origin is uuid.UUID:
        return "ref"
    if origin is list:
        return _kind_of_list(_bare(get_args(annotation)[0])[0])
    if origin is dict:
        value = _bare(get_args(annotation)[1])[0] if get_args(annotation) else Any
        return "rows" if isinstance(value, type) and issubclass(value, BaseModel) else "json"
    return "group" if isinstance(origin, type) and issubclass(origin, BaseModel) else "text"


def _kind_of_list(item: Any) -> str:
    if item is str:
        return "chips"
    if get_origin(item) is Literal:
        return "boxes"
    return "table" if isinstance(item, type) and issubclass(item, BaseModel) else "json"


def _flat(metadata: list[Any]) -> list[Any]:
    found: list[Any] = []
    for item in metadata:
        found.append(item)
        if isinstance(item, annotated_types.GroupedMetadata):
            found.extend(item)
    return found


def _bound(metadata: list[Any], *names: str) -> Any:
    for item in metadata:
        for name in names:
            if isinstance(value := getattr(item, name, None), int | float):
                return value
    return None


def _chosen(kind: str, annotation: Any) -> Any:
    """The Literal behind a choice, if it is one."""
    if kind == "boxes":
        return _bare(get_args(annotation)[0])[0]
    return annotation if kind == "select" else None


def _choices(annotation: Any, ui: UI) -> tuple[tuple[tuple[str, str], ...], dict[str, Any]]:
    values = {str(value): value for value in get_args(annotation)}
    labels = tuple((text, ui.options.get(text, text)) for text in values)
    return labels, values


def spec_of(name: str, info: FieldInfo) -> Spec:
    """Read one field of a schema."""
    annotation, nullable = without_none(info.annotation)
    annotation, within = _bare(annotation)
    metadata = _flat([*info.metadata, *within])
    ui = next((item for item in metadata if isinstance(item, UI)), None)
    ui = ui or UI(info.title or name.replace("_", " ").capitalize(), info.description or "")
    kind = _kind(annotation)
    choices: tuple[tuple[str, str], ...]
    if kind == "switch" and nullable:
        kind, choices = "select", (("true", ui.options.get("true", "On")),
                                   ("false", ui.options.get("false", "Off")))  # fmt: skip
        values: dict[str, Any] = {"true": True, "false": False}
    else:
        choices, values = _choices(_chosen(kind, annotation), ui)
    inner, item_length = None, None
    if kind in ("rows", "table"):
        inner = _bare(get_args(annotation)[-1])[0]
    if kind == "group":
        inner = annotation
    if kind == "chips":
        item_length = _bound(_flat(_bare(get_args(annotation)[0])[1]), "max_length")
    if kind == "chips" and ui.widget == "lines":
        kind = "lines"
    default = info.get_default(call_default_factory=True)
    return Spec(
        name=name, ui=ui, kind=kind, nullable=nullable, required=info.is_required(),
        default=None if default is PydanticUndefined else default,
        minimum=_bound(metadata, "ge", "gt"), maximum=_bound(metadata, "le", "lt"),
        step=_bound(metadata, "step") or (1 if annotation is int else None),
        min_length=_bound(metadata, "min_length"), max_length=_bound(metadata, "max_length"),
        item_length=item_length, choices=choices, values=values, inner=inner,
    )  # fmt: skip


def specs_of(schema: type[BaseModel]) -> tuple[Spec, ...]:
    """Every field of a schema, in order."""
    return tuple(spec_of(name, info) for name, info in schema.model_fields.items())
