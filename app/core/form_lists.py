"""Fields of several: a list of short texts, and rows of a table. They read and render."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from .form_fields import BROKEN, GARBLED, NOT_JSON, OMIT, SchemaField
from .spec import Spec, specs_of


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
