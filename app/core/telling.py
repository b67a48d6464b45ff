"""Values in words: on pages that are only read, in histories and in comparisons."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from .phones import local
from .spec import Spec, specs_of

NOTHING: tuple[Any, ...] = (None, "", [], {})


def shown(value: Any) -> str:
    """A value as text, where nothing more is known about it."""
    if value is None or value in ([], {}):
        return "Default"
    if isinstance(value, bool):
        return "On" if value else "Off"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(_pair(key, item) for key, item in value.items())
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _pair(key: str, item: Any) -> str:
    return f"{key} ({shown(item)})" if isinstance(item, dict) else f"{key}: {shown(item)}"


def worded(spec: Spec | None, value: Any, nothing: str = "None") -> str:
    """A field's value: choices by their labels, phones as dialled here, groups field by field."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", warnings=False)
    if value in NOTHING:
        return nothing
    if spec is None:
        return shown(value)
    if isinstance(value, list):
        return ", ".join(_item(spec, item) for item in value)
    if spec.inner and spec.kind == "group" and isinstance(value, dict):
        return _inner(spec.inner, value)
    if spec.inner and spec.kind == "rows" and isinstance(value, dict):
        return "; ".join(f"{name} ({_inner(spec.inner, item)})" for name, item in value.items())
    if isinstance(value, str) and spec.widget == "phone":
        return local(value)
    key = str(value).lower() if isinstance(value, bool) else str(value)
    return spec.ui.options.get(key) or f"{shown(value)}{spec.ui.unit}"


def _item(spec: Spec, item: Any) -> str:
    if isinstance(item, dict) and spec.inner:
        return _inner(spec.inner, item)
    if isinstance(item, str) and spec.ui.phones:
        return local(item)
    return spec.ui.options.get(str(item)) or shown(item)


def _inner(schema: type[BaseModel], value: Any) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", warnings=False)
    if not isinstance(value, Mapping):
        return str(value)
    specs = {spec.name: spec for spec in specs_of(schema)}
    if len(specs) == 1:
        (only,) = specs
        return worded(specs[only], value.get(only))
    return "; ".join(
        f"{specs[name].ui.label}: {worded(specs[name], item)}"
        for name, item in value.items()
        if name in specs and item not in NOTHING
    )
