"""A group: the fields of an object inside an object, drawn and read as fields of their own."""

from typing import Any

from pydantic import BaseModel

from .form_fields import (
    OMIT,
    BoxesField,
    JsonField,
    LinesField,
    NumberField,
    RefField,
    SchemaField,
    SelectField,
    SwitchField,
    TextField,
)  # fmt: skip
from .form_lists import ChipsField, RowsField, TableField
from .spec import Spec, specs_of

ALWAYS_FULL = ("switch", "select")


class GroupError(ValueError):
    """Fields of a group that could not be read: name -> sentence."""

    def __init__(self, sentences: dict[str, str]) -> None:
        self.sentences = sentences
        super().__init__()


class GroupField(SchemaField):
    """One object; `fields` are its own. Left blank, an optional one is None."""

    def __init__(self, spec: Spec, **kwargs: Any) -> None:
        assert spec.inner is not None
        super().__init__(spec, **kwargs)
        self.fields = [
            KINDS[inner.kind](inner, name=f"{self.name}-{inner.name}", _form=None,
                                _meta=self.meta)
            for inner in specs_of(spec.inner)
        ]  # fmt: skip

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.errors = []
        self.data = self.object_data = data
        content = (
            data.model_dump(warnings=False) if isinstance(data, BaseModel) else dict(data or {})
        )
        for field in self.fields:
            field.process(formdata, content.get(field.spec.name, field.spec.default))
        self.present = formdata is not None and self.name in formdata

    @property
    def leaves(self) -> list[SchemaField]:
        """The fields inside, with those of inner groups in the place of the groups."""
        found: list[SchemaField] = []
        for field in self.fields:
            found.extend(field.leaves if isinstance(field, GroupField) else [field])
        return found

    def given(self) -> Any:
        if not self.present:
            return OMIT
        entered: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for field in self.fields:
            try:
                value = field.given()
            except GroupError as error:
                wrong |= {f"{field.spec.name}-{n}": s for n, s in error.sentences.items()}
                continue
            except ValueError as error:
                wrong[field.spec.name] = str(error)
                continue
            if value is not OMIT:
                entered[field.spec.name] = value
        if wrong:
            raise GroupError(wrong)
        return None if self.spec.nullable and self._blank(entered) else entered

    def _blank(self, entered: dict[str, Any]) -> bool:
        return all(_untouched(field, entered.get(field.spec.name)) for field in self.fields)


def _untouched(field: SchemaField, value: Any) -> bool:
    """Nothing entered, or the default left as it was drawn."""
    if field.spec.kind in ALWAYS_FULL or value in (None, "", [], {}):
        return True
    return field.spec.default is not None and str(value) == str(field.spec.default)


KINDS: dict[str, type[SchemaField]] = {
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
    "group": GroupField,
}
