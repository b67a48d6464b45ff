"""What the first records of a source would become, by a configuration that is not saved yet."""

import io
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson

from app.core import database
from app.data_sources import outgoing, probes
from app.data_sources.mapping import Mapping, look
from app.world.bundles import Unreadable
from app.world.records import Record, Refused

from . import deliveries, drops, files, mapped, rest
from .asking import Failed

SHOWN = 5
MOST_LISTS, MOST_NAMES, DEEPEST = 3, 60, 6
MOST_SAMPLE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One record: where it stands, and the entity it would become or why it would be refused."""

    place: str
    entity_type: str | None = None
    id: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What was looked at, in words, and its first records; `ok` when all was well so far."""

    ok: bool
    sentence: str
    lines: tuple[Line, ...] = ()
    names: tuple[str, ...] = ()
    """The columns or paths that are there to be taken."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A source as it stands in the form."""

    workspace_id: uuid.UUID
    kind: str
    config: Any
    secrets: dict[str, str]
    mapping: dict[str, Any]


def paths(record: Any, before: str = "", deep: int = 0) -> Iterator[str]:
    """The paths to the plain values of a record, as a mapping names them."""
    if isinstance(record, dict) and deep < DEEPEST:
        for name, item in record.items():
            yield from paths(item, f"{before}.{name}" if before else str(name), deep + 1)
    elif isinstance(record, list) and record and isinstance(record[0], dict | list):
        yield from paths(record[0], f"{before}[0]", deep + 1)
    elif before:
        yield before


def _names(record: Any) -> tuple[str, ...]:
    found = (name[:120] for name in paths(record) if name.isprintable())
    return tuple(dict.fromkeys(islice(found, MOST_NAMES)))


def line(place: str, kept: Record | Refused) -> Line:
    """A record as it is shown."""
    if isinstance(kept, Refused):
        return Line(place, problem=kept.reason)
    links = {name: f"{kind} {key}" for name, kind, key in kept.links}
    return Line(place, kept.entity_type, kept.ident, kept.fields, links)


def shown(sentence: str, found: Iterable[tuple[str, Record | Refused]]) -> Preview:
    """A preview of the first records. Raises Unreadable."""
    lines = tuple(line(place, kept) for place, kept in islice(found, SHOWN))
    if not lines:
        return Preview(False, f"{sentence} It holds no records.")
    bad = sum(one.problem is not None for one in lines)
    told = f" {bad} of {len(lines)} would be refused." if bad else ""
    return Preview(not bad, sentence + told, lines)


def of_file(draft: Draft, sample: str, home: Path | None) -> Preview:
    """Of what was pasted, else of the newest file in the folder."""
    if not files.by_mapping(draft.config, draft.mapping):
        return Preview(False, "FHIR needs no fields: it is read as it is.")
    by = mapped.compiled(draft.workspace_id, draft.mapping)
    if sample.strip():
        return _of_file(io.BytesIO(sample.encode()), draft, by, "the sample becomes")
    found = probes.folder(home, draft.config.path, draft.config.format)
    newest = drops.newest(home, draft.config) if home is not None and found.ok else None
    if newest is None:
        return Preview(False, f"{found.sentence} Paste the first lines of a file instead.")
    with newest.open("rb") as file:
        return _of_file(file, draft, by, f"the first records of {newest.name} become")


def _of_file(file: IO[bytes], draft: Draft, by: Mapping, what: str) -> Preview:
    names: tuple[str, ...] = ()
    # A large file takes its time: the database is not held meanwhile.
    database.commit()
    try:
        names = _names(files.first(file, draft.config))
        file.seek(0)
        made = shown(f"This is what {what}.", files.records(file, draft.config, by))
    except Unreadable as error:
        made = Preview(False, str(error))
    return replace(made, names=names)


def of_sample(draft: Draft, sample: str) -> Preview:
    """Of a body such as the other side sends."""
    if draft.config.accepts == "fhir":
        return Preview(False, "FHIR needs no fields: it is taken as it is.")
    by = mapped.compiled(draft.workspace_id, draft.mapping)
    if not sample.strip():
        return Preview(False, "Paste a body such as the other side sends.")
    try:
        content = orjson.loads(sample)
    except orjson.JSONDecodeError as error:
        return Preview(False, f"The sample is no JSON: line {error.lineno}, column {error.colno}.")
    found = look(content, draft.config.records_path) if draft.config.records_path else content
    if found is None:
        return Preview(False, f"Nothing stands at “{draft.config.records_path}”.",
                       names=_names(content))  # fmt: skip
    names = _names(found[0] if isinstance(found, list) and found else found)
    if wrong := mapped.missing(by, draft.config.id_path):
        return Preview(False, wrong, names=names)
    made = shown("This is what the sample becomes.", _sent(draft, content, by))
    return replace(made, names=names)


def _sent(draft: Draft, content: Any, by: Any) -> Iterator[tuple[str, Record | Refused]]:
    for place, _url, kept in deliveries.own(content, draft.config, by):
        yield place, Refused(deliveries.IGNORED) if kept is None else kept


def of_api(draft: Draft) -> Preview:
    """Of a page of each of the first lists, really asked for."""
    by = mapped.compiled(draft.workspace_id, draft.mapping)
    # The database is not held while the other side thinks.
    database.commit()
    reader = rest.Reader(draft.config, draft.secrets)
    reader.seconds, reader.largest = outgoing.DEADLINE, outgoing.LARGEST
    lines: list[Line] = []
    pages: list[str] = []
    names: list[str] = []
    for endpoint in draft.config.endpoints[:MOST_LISTS]:
        try:
            records, following = reader.listed(endpoint, reader.first(endpoint))
        except Failed as failed:
            return Preview(False, f"{endpoint.path}: {failed.sentence}", tuple(lines))
        more = "with more after it" if following else "which is the last"
        pages.append(f"{endpoint.path} gave a page of {len(records)}, {more}.")
        names += [name for name in _names(records[0] if records else None) if name not in names]
        found = rest.items(records[:SHOWN], endpoint, by, 1) if by.lines else ()
        lines += [line(place, kept) for place, _url, kept in found]
    bad = sum(one.problem is not None for one in lines)
    told = f" {bad} of the first {len(lines)} would be refused." if bad else ""
    told = told if by.lines else f" {mapped.NOTHING_MAPPED} Say under “Fields” which are taken."
    return Preview(not bad and bool(lines), " ".join(pages) + told, tuple(lines),
                   tuple(names[:MOST_NAMES]))  # fmt: skip


def of(draft: Draft, sample: str, home: Path | None) -> Preview:
    """The preview of any kind that has a mapping."""
    if draft.kind == "file_drop":
        return of_file(draft, sample, home)
    return of_api(draft) if draft.kind == "rest_api" else of_sample(draft, sample)
