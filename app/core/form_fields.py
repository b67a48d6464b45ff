"""WTForms fields made from a schema's field. They read and render; pydantic decides."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from wtforms import Field
from wtforms import widgets as html

from .phones import local
from .spec import Spec, specs_of

OMIT = object()
"""Nothing was entered: the schema's default stands."""

# What Werkzeug leaves of bytes that are no UTF-8: replaced in multipart, quoted again elsewhere.
BROKEN = re.compile("\N{REPLACEMENT CHARACTER}|%[89A-F][0-9A-F]")
GARBLED = "This text could not be read. Type it again."
NOT_JSON = "This is not valid JSON."
INPUTS = {"password": html.PasswordInput, "email": html.EmailInput, "textarea": html.TextArea}


class SchemaField(Field):  # type: ignore[misc]  # WTForms has no types
    """What all have in common: `spec`, `ui`, the bounds and `given`."""

    widget = html.TextInput()

    def __init__(self, spec: Spec, **kwargs: Any) -> None:
        super().__init__(spec.ui.label, description=spec.ui.help, **kwargs)
        self.spec = spec
        self.ui = spec.ui
        self.present = False
        self.garbled = False
        self.focus = False
        self.errors: list[str] = []

    @property
    def invalid(self) -> bool:
        """Whether messages stand beside it."""
        return bool(self.errors)

    @property
    def rendered_value(self) -> str:
        """The text in the input."""
        return self._value()

    def _value(self) -> str:
        value = self.data
        if value is None:
            return ""
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        # WTForms' own marker stands for "no data"; its process() clears the errors.
        super().process(formdata, *(() if data is None else (data,)))
        self.errors = []
        if self.object_data is not None and formdata is None:
            self.take(self.object_data)

    def take(self, value: Any) -> None:
        """Show a stored value."""
        self.data = value

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.present = bool(valuelist)
        if valuelist:
            self.garbled = self.spec.widget != "password" and bool(BROKEN.search(valuelist[0]))
            self.data = valuelist[0]

    def given(self) -> Any:
        """What pydantic shall judge: OMIT, None or a value. Raises ValueError(sentence)."""
        if not self.present:
            return OMIT
        if self.garbled:
            raise ValueError(GARBLED)
        text = str(self.data)
        blank = not text if self.spec.widget == "password" else not text.strip()
        if not blank:
            return text.replace("\r\n", "\n")
        return None if self.spec.nullable and not self.ui.secret else OMIT


class TextField(SchemaField):
    """One line, several lines, an address, a password."""

    def __init__(self, spec: Spec, **kwargs: Any) -> None:
        super().__init__(spec, **kwargs)
        self.widget = INPUTS.get(spec.widget, html.TextInput)()

    def _value(self) -> str:
        if self.ui.secret or self.spec.widget == "password":
            return ""
        shown = super()._value()
        return local(shown) if self.spec.widget == "phone" and shown.startswith("+") else shown


class NumberField(SchemaField):
    """A number, or a range with its figure."""

    def given(self) -> Any:
        value = super().given()
        return value.replace("×", "").strip() if isinstance(value, str) else value


class SwitchField(SchemaField):
    """Yes or no; a browser sends nothing for no."""

    widget = html.CheckboxInput()
    false_values = ("", "0", "false", "off", "no")

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.present = True
        self.data = bool(valuelist) and valuelist[-1] not in self.false_values

    def given(self) -> Any:
        return bool(self.data)

    def _value(self) -> str:
        return "true"


class SelectField(SchemaField):
    """One of a few."""

    def iter_choices(self) -> list[tuple[str, str, bool]]:
        """(value, label, selected) for each option, the empty one first where there is one."""
        chosen = self._value()
        empty = [("", self.ui.blank or "Default")] if self.spec.nullable else []
        if self.spec.required and not self.spec.nullable and not chosen:
            empty = [("", self.ui.blank or "Choose…")]
        offered = [*empty, *self.spec.choices]
        if chosen and chosen not in dict(offered):
            offered.append((chosen, chosen))
        return [(value, label, value == chosen) for value, label in offered]

    def _value(self) -> str:
        return str(self.data).lower() if isinstance(self.data, bool) else super()._value()

    def given(self) -> Any:
        # A choice may be a space or a tab, which is no text that was left out.
        chosen = self.data if self.present and self.data in self.spec.values else super().given()
        return self.spec.values.get(chosen, chosen) if isinstance(chosen, str) else chosen


class ChipsField(SchemaField):
    """A list of short texts: one hidden input each, and one input for the next."""

    def __init__(self, spec: Spec, **kwargs: Any) -> None:
        self.typed = ""
        super().__init__(spec, **kwargs)

    @property
    def items(self) -> list[str]:
        """The texts."""
        return [str(item) for item in self.data or []]

    def take(self, value: Any) -> None:
        self.data = list(value)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data)
        if formdata is not None:
            self.typed = formdata.get(f"{self.name}-new", "")
            self.present = self.name in formdata or f"{self.name}-new" in formdata

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [item for item in valuelist if item.strip()]
        self.garbled = any(BROKEN.search(item) for item in self.data)

    def add(self) -> None:
        """Move what was typed into the list; commas separate, what is there already stays once."""
        for item in self.typed.split(","):
            if (text := item.strip()) and text not in self.items:
                self.data = [*self.items, text]
        self.typed = ""

    def remove(self, which: str) -> None:
        """Take the chip with this text, or number, out of the list."""
        self.data = [item for item in self.items if item != which]

    def given(self) -> Any:
        if not self.present:
            return OMIT
        if self.garbled or BROKEN.search(self.typed):
            raise ValueError(GARBLED)
        self.add()
        return self.items or (None if self.spec.nullable else [])


class LinesField(SchemaField):
    """A list of sentences: one a line."""

    widget = html.TextArea()

    def take(self, value: Any) -> None:
        self.data = "\n".join(" ".join(str(item).splitlines()) for item in value or [])

    def given(self) -> Any:
        if not self.present:
            return OMIT
        if self.garbled:
            raise ValueError(GARBLED)
        return [line.strip() for line in str(self.data).splitlines() if line.strip()]


class JsonField(SchemaField):
    """An object or a list as JSON text."""

    widget = html.TextArea()

    def take(self, value: Any) -> None:
        self.data = json.dumps(value, indent=2, ensure_ascii=False)

    def given(self) -> Any:
        text = super().given()
        if not isinstance(text, str):
            return text
        try:
            return json.loads(text, parse_constant=lambda _: 1 / 0)
        except (ValueError, RecursionError, ZeroDivisionError):
            raise ValueError(NOT_JSON) from None


class RowsField(SchemaField):
    """A map from a name to an object: one row each, and an empty row for the next."""

    MOST = 100
    keyed = True

    def __init__(self, spec: Spec, **kwargs: Any) -> None:
        assert spec.inner is not None
        self.columns = specs_of(spec.inner)
        super().__init__(spec, **kwargs)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Each row's texts: `key` and one for every column."""
        return list(self.data or [])

    def take(self, value: Any) -> None:
        self.data = [{"key": key, **self._texts(item)} for key, item in dict(value).items()]

    def _texts(self, item: Any) -> dict[str, str]:
        content = item.model_dump() if isinstance(item, BaseModel) else dict(item)
        return {spec.name: self._text(spec, content.get(spec.name)) for spec in self.columns}

    @staticmethod
    def _text(spec: Spec, value: Any) -> str:
        if spec.kind == "json":
            return json.dumps(value, ensure_ascii=False) if value else ""
        return "" if value is None else str(value)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data)
        if formdata is None:
            return
        self.present = f"{self.name}-0-{self._names[0]}" in formdata
        if self.present:
            self.data = [row for n in range(self.MOST) if (row := self._row(formdata, n))]

    @property
    def _names(self) -> list[str]:
        return [*(["key"] if self.keyed else []), *(spec.name for spec in self.columns)]

    def _row(self, formdata: Mapping[str, str], number: int) -> dict[str, str] | None:
        row = {name: formdata.get(f"{self.name}-{number}-{name}", "") for name in self._names}
        return row if any(text.strip() for text in row.values()) else None

    def add(self) -> None:
        """An empty row always follows the filled ones, so there is nothing to do."""

    def remove(self, which: str) -> None:
        """Take out the row with this number."""
        self.data = [row for n, row in enumerate(self.rows) if str(n) != which]

    def given(self) -> Any:
        if not self.present:
            return OMIT
        if not self.rows:
            return None if self.spec.nullable else {}
        found: dict[str, Any] = {}
        for row in self.rows:
            key = row["key"].strip()
            if not key or key in found:
                raise ValueError("Give each row its own name." if key else "Name every row.")
            found[key] = self._object(row)
        return found

    def _object(self, row: Mapping[str, str]) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for spec in self.columns:
            if text := row[spec.name].strip():
                content[spec.name] = self._value_of(spec, text)
        return content

    @staticmethod
    def _value_of(spec: Spec, text: str) -> Any:
        if spec.kind != "json":
            return spec.values.get(text, text)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(NOT_JSON) from None


class TableField(RowsField):
    """A list of objects: one row each, and an empty row for the next."""

    keyed = False

    def take(self, value: Any) -> None:
        self.data = [
            self._texts(item) for item in value or [] if isinstance(item, dict | BaseModel)
        ]

    def given(self) -> Any:
        return [self._object(row) for row in self.rows] if self.present else OMIT


class BoxesField(SchemaField):
    """Any of a few."""

    def take(self, value: Any) -> None:
        self.data = [str(item) for item in value or []]

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.present = bool(valuelist)
        self.data = [item for item in valuelist if item]

    def iter_choices(self) -> list[tuple[str, str, bool]]:
        """(value, label, checked) for each box."""
        return [(value, label, value in (self.data or [])) for value, label in self.spec.choices]

    def given(self) -> Any:
        return list(self.data or []) if self.present else OMIT


class RefField(SelectField):
    """A member of another collection; `offer` fills the list."""

    def offer(self, members: list[tuple[str, str]]) -> None:
        """(id, name) of those that can be chosen."""
        self.members = members

    def iter_choices(self) -> list[tuple[str, str, bool]]:
        chosen = self._value()
        first = self.ui.blank or ("None" if self.spec.nullable else "Choose…")
        empty = [("", first)] if self.spec.nullable or not chosen else []
        offered = [*empty, *getattr(self, "members", [])]
        return [(value, label, value == chosen) for value, label in offered]


BY_KIND: dict[str, type[SchemaField]] = {
    "text": TextField,
    "number": NumberField,
    "switch": SwitchField,
    "select": SelectField,
    "chips": ChipsField,
    "lines": LinesField,
    "json": JsonField,
    "rows": RowsField,
    "table": TableField,
    "boxes": BoxesField,
    "ref": RefField,
}
