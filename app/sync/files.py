"""The records of a file by a mapping: CSV with a header, JSON lists, NDJSON; any size."""

import hashlib
from collections.abc import Iterator
from typing import IO, Any

import ijson
import orjson

from app.data_sources.mapping import Mapping
from app.world import bundles
from app.world.bundles import Unreadable
from app.world.records import Record, Refused

from . import csv_rows, mapped

AGAIN = "Its id stands earlier in the file as well; the first one counts."
Found = tuple[str, Record | Refused]


def by_mapping(config: Any, given: Any) -> bool:
    """Whether files of this source are read by its mapping rather than as FHIR."""
    return config.format in ("csv", "json") or (config.format == "ndjson" and bool(given))


def fingerprint(config: Any, given: Any) -> str:
    """What a file's being read depends on besides the file."""
    told = [config.entity_type, config.id_path, config.records_path, config.delimiter, given]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def records(file: IO[bytes], config: Any, by: Mapping) -> Iterator[Found]:
    """(place, record) of everything in a file. Raises Unreadable."""
    if wrong := mapped.missing(by, config.id_path):
        raise Unreadable(wrong)
    seen = csv_rows.Seen()
    for place, raw in _raw(bundles.unpacked(file), config, by):
        kept = raw
        if not isinstance(raw, Refused):
            kept = mapped.record(by, raw, config.entity_type, config.id_path)
        if isinstance(kept, Record) and seen.again(kept.key):
            kept = Refused(AGAIN)
        yield place, kept


def _raw(file: IO[bytes], config: Any, by: Mapping) -> Iterator[tuple[str, Any]]:
    if config.format == "csv":
        for line, row in csv_rows.rows(file, config.delimiter, by.columns(), config.id_path):
            yield f"line {line}", row
    elif config.format == "ndjson":
        for place, _url, line in bundles.lines(file):
            yield place, line
    else:
        yield from _listed(file, config.records_path)


def _listed(file: IO[bytes], path: str | None) -> Iterator[tuple[str, Any]]:
    number = 0
    try:
        prefix = f"{path}.item" if path else "item"
        for number, item in enumerate(ijson.items(file, prefix, use_float=True), 1):
            yield f"record {number}", item
    except (ijson.JSONError, UnicodeError) as error:
        said = str(error).split("\n")[0].strip().rstrip(".")[:200]
        raise Unreadable(f"The file breaks off or is no JSON: {said}.") from None
    except (OSError, EOFError):
        raise Unreadable("The compressed file is damaged.") from None
    if number == 0 and path:
        file.seek(0)
        if not any(event == "start_array" for at, event, _ in ijson.parse(file) if at == path):
            raise Unreadable(f"There is no list at “{path}”.")


def first(file: IO[bytes], config: Any) -> dict[str, Any] | None:
    """The first record as it stands there, of CSV the columns, to show what can be taken."""
    opened = bundles.unpacked(file)
    if config.format == "csv":
        return dict.fromkeys(csv_rows.columns(opened, config.delimiter), "")
    listed = bundles.lines(opened) if config.format == "ndjson" else None
    raws = (
        (line for _, _, line in listed)
        if listed
        else (r for _, r in _listed(opened, config.records_path))
    )
    found = next(iter(raws), None)
    return found if isinstance(found, dict) else None
