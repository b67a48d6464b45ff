"""How records of another system become entities: one small language for every gate.

A mapping has one line for each field that is taken, `field_mappings` of a data source:

    {"name":       {"source": "first + last"},
     "birth_date": {"source": "demographics.dob", "type": "date_dmy"},
     "phone":      {"source": "mobile | phones[0].number", "type": "phone"},
     "patient":    {"source": "patient_id", "type": "person"}}

- The name of a line is the field of the entity. Before a dot may stand the kind of record it is
  meant for: `appointment.status` counts for appointments only, `status` for every kind. The field
  `effective_at` is when it was so rather than a field of the state.
- `source` names a column or a path such as `data.names[0].given`. A key that is there exactly as
  written wins over a path. Text in double quotes stands for itself, ` + ` joins with a space, and
  ` | ` takes the first that is not empty. A list of plain values is joined with spaces.
- `type` says what it must be (`TYPES`); the types that are kinds of records make a link to the
  record of this source with that id. A source alone, as text, is short for type text.

What is empty is left out, what is not mapped is not kept, and a value that is not what its type
says refuses the whole record, in words that name the field and never the value.
"""

import hashlib
import re
from collections.abc import Mapping as Given
from typing import Annotated, Any, Literal

from annotated_types import Len, MaxLen
from pydantic import AfterValidator, TypeAdapter
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Schema
from app.world import reading
from app.world.projection import LISTS, OTHER
from app.world.records import Record

from .values import LINKS, Context, Wrong, convert, filled

TYPES = {
    "text": "Text", "number": "Number", "flag": "Yes or no",
    "date": "Date, year first", "date_dmy": "Date, day first", "date_mdy": "Date, month first",
    "time": "Time, year first", "time_dmy": "Time, day first", "time_mdy": "Time, month first",
    "phone": "Phone number", "email": "E-mail address",
    "person": "Id of a person", "practitioner": "Id of a practitioner",
    "organization": "Id of an organization", "place": "Id of a place",
    "appointment": "Id of an appointment",
}  # fmt: skip
Type = Literal[
    "text", "number", "flag", "date", "date_dmy", "date_mdy", "time", "time_dmy", "time_mdy",
    "phone", "email", "person", "practitioner", "organization", "place", "appointment",
]  # fmt: skip
TARGET = re.compile(r"(?:([a-z0-9_]{1,64})\.)?([a-z][a-z0-9_]{0,63})")
STEP = re.compile(r"([^.\[\]]+)((?:\[\d{1,4}\])*)")
DANGLING = re.compile(r"^[+|](?= |$)|(?:^| )[+|]$")
LISTED = frozenset({*LISTS.values(), OTHER, "counts"})
"""Fields of a person that are computed from records of their own."""
WHEN = "effective_at"
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
NO_TARGET = (
    "Name fields with small letters, digits and _, such as birth_date or appointment.status."
)
HELP = (
    "Our field, and where it stands at theirs: a column, or a path such as names[0].given."
    ' “first + last” joins, “mobile | phone” takes the first that is filled, "…" is fixed text.'
)


def _said(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("mapping", "{sentence}", {"sentence": sentence})


def _target(text: str) -> str:
    match = TARGET.fullmatch(text)
    if match is None:
        raise _said(NO_TARGET)
    if match[2] in LISTED:
        raise _said(f"“{match[2]}” is made from records of their own and cannot be filled.")
    return text


def _source(text: str) -> str:
    if not text.isprintable():
        raise _said("Leave line breaks and control characters out.")
    for term in (term for joined in split(text) for term in joined):
        if not term or term == '""' or DANGLING.search(term):
            raise _said("Something is missing beside + or |.")
        if term.count('"') not in (0, 2) or ('"' in term and not constant(term)):
            raise _said("Close the double quotes around fixed text.")
    return text


Target = Annotated[str, MaxLen(130), AfterValidator(_target)]


class Line(Schema):
    """Where one field comes from, and what it must be."""

    source: Annotated[
        str, Len(1, 512), AfterValidator(_source), UI("From", placeholder="first + last")
    ]
    type: Annotated[Type, UI("What it is", options=TYPES)] = "text"


Lines = dict[Target, Line]
_ADAPTER: TypeAdapter[Lines] = TypeAdapter(Annotated[Lines, MaxLen(200)])


def fields(when: tuple[str, ...]) -> Any:
    """The annotation of a form's field that holds a mapping; `when` are the choices that show it."""
    face = UI("Fields", HELP, key="Field of ours", key_example="birth_date", when=when)
    return Annotated[Lines, MaxLen(200), face]


def split(text: str) -> list[list[str]]:
    """The alternatives of a source, each a list of terms that are joined."""
    found: list[list[str]] = [[""]]
    for part in re.split(r'("[^"]*"| \+ | \| )', text):
        if part == " | ":
            found.append([""])
        elif part == " + ":
            found[-1].append("")
        else:
            found[-1][-1] += part
    return [[term.strip() for term in joined] for joined in found]


def constant(term: str) -> str | None:
    """The fixed text of a term in double quotes."""
    return term[1:-1] if len(term) > 2 and term[0] == term[-1] == '"' else None


def read(given: Any) -> Lines:
    """The lines of a mapping; a source alone is a line. Raises ValidationError."""
    if isinstance(given, Given):
        given = {name: {"source": line} if isinstance(line, str) else line
                 for name, line in given.items()}  # fmt: skip
    return _ADAPTER.validate_python(given)


def look(record: Any, path: str) -> Any:
    """What stands at a path, or None."""
    if isinstance(record, dict) and path in record:
        return record[path]
    for part in path.split("."):
        step = STEP.fullmatch(part)
        if step is None or not isinstance(record, dict):
            return None
        record = record.get(step[1])
        for number in re.findall(r"\d+", step[2]):
            index = int(number)
            record = record[index] if isinstance(record, list) and index < len(record) else None
    return record


def _value(record: Any, joined: list[str]) -> Any:
    if len(joined) == 1 and constant(joined[0]) is None:
        return look(record, joined[0])
    parts = [constant(term) or filled(look(record, term)) for term in joined]
    return " ".join(str(part) for part in parts if part is not None)


def safe(ident: str) -> str:
    """An outside id in the letters of a canonical id; others become a hash."""
    if SAFE_ID.fullmatch(ident):
        return ident
    return "h." + hashlib.sha256(ident.encode(errors="replace")).hexdigest()[:48]


class Mapping:
    """A mapping, ready to be applied."""

    def __init__(self, lines: Lines, context: Context) -> None:
        self.context = context
        self.lines: list[tuple[str | None, str, list[list[str]], str]] = []
        for name, line in lines.items():
            match = TARGET.fullmatch(name)
            assert match is not None
            self.lines.append((match[1], match[2], split(line.source), line.type))

    def columns(self) -> list[list[list[str]]]:
        """What the lines read: for each its alternatives, without fixed text."""
        return [[[term for term in joined if constant(term) is None] for joined in alternatives]
                for _, _, alternatives, _ in self.lines]  # fmt: skip

    def apply(
        self, record: Any, entity_type: str, id_path: str, event_type: str = "record"
    ) -> Record:
        """The entity that a record becomes. Raises Wrong with a sentence without values."""
        if not isinstance(record, dict):
            raise Wrong("This is no record with fields.")
        ident = self._ident(record, id_path)
        fields: dict[str, Any] = {}
        links: list[tuple[str, str, str]] = []
        for only, target, alternatives, kind in self.lines:
            if only not in (None, entity_type) or (only is None and target in fields):
                continue
            found = self._first(record, alternatives, target, kind)
            if found is not None and kind in LINKS:
                links.append((target, kind, safe(str(found))))
            elif found is not None:
                fields[target] = found
        at = reading.moment(fields.get(WHEN))
        if fields.pop(WHEN, None) is not None and at is None:
            raise Wrong(f"“{WHEN}” is no time; give it a type that is one.")
        if not fields and not links:
            raise Wrong("None of the fields that are taken is filled.")
        _named(fields)
        return Record(entity_type, safe(ident), ident, fields, tuple(links), at, event_type)

    def key(self, record: Any, id_path: str) -> str | None:
        """The id of a record as it may stand in a canonical id; None where it has none."""
        try:
            return safe(self._ident(record, id_path))
        except Wrong:
            return None

    def _ident(self, record: Any, id_path: str) -> str:
        try:
            ident = convert("text", look(record, id_path), self.context)
        except Wrong:
            ident = None
        if not ident or len(ident) > 512:
            raise Wrong(f"It has no id: nothing usable stands at “{id_path}”.")
        return str(ident)

    def _first(self, record: Any, alternatives: list[list[str]], target: str, kind: str) -> Any:
        for joined in alternatives:
            try:
                value = filled(_value(record, joined))
                if value is not None:
                    return convert(kind, value, self.context)
            except Wrong as wrong:
                where = " + ".join(joined)
                raise Wrong(f"“{where}” {wrong}, so “{target}” cannot be filled.") from None
        return None


def _named(fields: dict[str, Any]) -> None:
    """People are listed by their name: where only its parts are given, they make it."""
    parts = [fields[name] for name in ("given_name", "family_name") if name in fields]
    if parts and "name" not in fields:
        fields["name"] = " ".join(str(part) for part in parts)
