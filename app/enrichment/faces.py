"""The pages of enrichment keys: what is fixed is entered once and only told afterwards."""

from typing import Any

from flask import Response

from app.core.collection import Record
from app.core.collection_pages import Faces
from app.core.schema import SchemaForm

from .declaration import FIXED
from .schema import TYPES


class KeyFaces(Faces):
    """The collection's faces; the form of a key that is there leaves out what is fixed."""

    keeps_form = False

    def _form(self, record: Record[Any] | None, form: SchemaForm[Any], status: int,
              **more: Any) -> Response:  # fmt: skip
        if record is None:
            return super()._form(record, form, status, **more)
        value = record.value
        for name in FIXED:
            if (field := form.field(name)) is not None:
                form.form_errors.extend(field.errors)
                del form[name]
        return super()._form(record, form, status, **{
            "hidden": {name: getattr(value, name) for name in FIXED},
            "subtitle": f"About: {value.entity_type}. Values are: {TYPES[value.value_type].lower()}.",
            **more,
        })  # fmt: skip
