"""WTForms fields made from a schema's field. They read and render; pydantic decides."""

import json
import re
from typing import Any

from wtforms import Field
from wtforms import widgets as html

from .phones import local
from .spec import Spec

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
