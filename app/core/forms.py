"""Forms made from a schema: WTForms renders and guards against forgery, pydantic decides."""

from functools import cache
from typing import Any, Generic, TypeVar, cast

from flask_wtf import FlaskForm
from pydantic import BaseModel, ValidationError
from wtforms.fields.core import UnboundField

from .form_fields import OMIT, SchemaField
from .form_groups import KINDS, GroupError, GroupField
from .form_lists import ChipsField, RowsField
from .spec import specs_of
from .wording import message, place

EXPIRED = "This page was open for too long. Nothing was saved; press the button again."


S = TypeVar("S", bound=BaseModel)


class SchemaForm(FlaskForm, Generic[S]):  # type: ignore[misc]  # Flask-WTF has no types
    """A form over one schema. `read()` gives an instance, or None and messages on the fields."""

    schema: type[S]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        data = kwargs.get("data")
        if isinstance(data, BaseModel):
            kwargs["data"] = {name: getattr(data, name) for name in type(data).model_fields}
        super().__init__(*args, **kwargs)
        self.status = 200

    @property
    def fields(self) -> list[SchemaField]:
        """The schema's fields, in order."""
        return [field for field in self if isinstance(field, SchemaField)]

    @property
    def leaves(self) -> list[SchemaField]:
        """The fields with those of groups in the place of the groups."""
        found: list[SchemaField] = []
        for field in self.fields:
            found.extend(field.leaves if isinstance(field, GroupField) else [field])
        return found

    @property
    def rearranges(self) -> bool:
        """Whether the button pressed adds to or removes from a list, and saves nothing."""
        return any(name.startswith(("add-", "remove-")) for name in self._submitted())

    def _submitted(self) -> Any:
        from flask import request

        return request.form

    def rearrange(self) -> None:
        """Do what an add or remove button asks; everything else typed stays."""
        submitted = self._submitted()
        for field in self.leaves:
            if not isinstance(field, ChipsField | RowsField):
                continue
            if f"add-{field.name}" in submitted:
                field.add()
                field.focus = True
            for which in submitted.getlist(f"remove-{field.name}"):
                field.remove(which)
                field.focus = True

    def read(self) -> S | None:
        """What was entered. None when it is not valid (status 422) or only a list changed (200)."""
        if self.rearranges:
            self.rearrange()
            return None
        if not self.validate():
            self.fail("", EXPIRED)
            return None
        entered = self._given()
        try:
            found = self.schema.model_validate(entered)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                self._place(cast("dict[str, Any]", problem))
        else:
            if not self.problems:
                return found
        self.status = 422
        return None

    def _given(self) -> dict[str, Any]:
        entered: dict[str, Any] = {}
        for field in self.fields:
            try:
                value = field.given()
            except GroupError as error:
                for name, sentence in error.sentences.items():
                    self.fail(f"{field.name}-{name}", sentence)
                continue
            except ValueError as error:
                self.fail(field.name, str(error))
                continue
            if value is not OMIT:
                entered[field.name] = value
        return entered

    def _place(self, problem: dict[str, Any]) -> None:
        where = place(problem)
        name = str(where[0]) if where else ""
        while len(where) > 1 and isinstance(self.field(name), GroupField):
            name, where = f"{name}-{where[1]}", where[1:]
        said = message(problem)
        field = self.field(name)
        # A field that could not even be read has its message already.
        if field is None or not field.errors or (len(where) > 1 and said not in field.errors):
            self.fail(name, said)

    @property
    def touched(self) -> frozenset[str]:
        """The fields that were on the page; a secret left blank was not."""
        return frozenset(
            field.name
            for field in self.fields
            if field.present and not (field.ui.secret and not field.data)
        )

    def field(self, name: str) -> SchemaField | None:
        """The field of this name, also inside a group."""
        every = (*self.fields, *self.leaves)
        return next((found for found in every if found.name == name), None) or self._group(name)

    def _group(self, name: str) -> SchemaField | None:
        """A group inside a group."""
        groups = [field for field in self.fields if isinstance(field, GroupField)]
        inner = [field for group in groups for field in group.fields]
        return next((field for field in inner if field.name == name), None)

    def fail(self, name: str, sentence: str) -> None:
        """Put a message beside a field, or on top of the form when there is none of this name."""
        self.status = 422
        field = self.field(name)
        if field is None:
            self.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]

    @property
    def problems(self) -> dict[str, list[str]]:
        """Field name -> messages; the form's own under ""."""
        found = {f.name: list(f.errors) for f in (*self.fields, *self.leaves) if f.errors}
        return {**found, "": list(self.form_errors)} if self.form_errors else found

    @property
    def first_bad(self) -> str | None:
        """The name of the first field with a message: it gets the focus."""
        return next((field.name for field in self.leaves if field.errors), None)


Only = frozenset[str] | None


def form_for(schema: type[S], only: Only = None) -> type[SchemaForm[S]]:
    """The form class of a schema, made once; `only` names the fields that stand on the page."""
    return _make(schema, only)


@cache
def _make(schema: type[S], only: Only) -> type[SchemaForm[S]]:
    attributes: dict[str, Any] = {"schema": schema}
    for spec in specs_of(schema):
        if only is None or spec.name in only:
            attributes[spec.name] = UnboundField(KINDS[spec.kind], spec)
    return cast("type[SchemaForm[S]]", type(f"{schema.__name__}Form", (SchemaForm,), attributes))
