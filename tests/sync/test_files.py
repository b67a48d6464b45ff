"""Files with a mapping: every right row in, every wrong one named, whatever the file is like."""

import csv
import gzip
import io
import json
import tracemalloc
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import files as core_files
from app.data_sources.kinds.others import FileDropConfig
from app.data_sources.mapping import Mapping, read
from app.data_sources.values import Context
from app.sync import csv_rows, drops, files
from app.world.bundles import Unreadable
from app.world.imports import Importer, Origin
from app.world.records import Record, Refused
from tests.support import post, text

MAPPED = {
    "name": "First + Last", "birth_date": {"source": "DOB", "type": "date_dmy"},
    "phone": {"source": "Mobile | Phone", "type": "phone"},
}  # fmt: skip
HEADER = "No;First;Last;DOB;Mobile;Phone\n"
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def parse(content: bytes, mapping: Any = MAPPED, **config: Any) -> list[tuple[str, Any]]:
    opened = FileDropConfig(
        path="x", **{"format": "csv", "delimiter": ";", "id_path": "No"} | config
    )
    return list(files.records(io.BytesIO(content), opened, Mapping(read(mapping), Context())))


def told(found: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [
        (place, one.reason if isinstance(one, Refused) else one.fields["name"])
        for place, one in found
    ]


@pytest.fixture
def source(maker: Any) -> Callable[..., str]:
    def make(mapping: Any = MAPPED, **config: Any) -> str:
        config = {"path": "exports", "format": "csv", "delimiter": ";", "id_path": "No"} | config
        body = {"name": "Drop", "source_type": "file_drop", "connection_config": config,
                "field_mappings": mapping}  # fmt: skip
        return str(maker.make("data-sources", body)["id"])

    return make


ROWS = HEADER + "1;Ana;Núñez;12.4.1987;;030 1234567\n2;Mia;Bär;1.1.1990;+49 30 7654321;\n"


def test_a_file_comes_in_once_and_the_same_rows_again_change_nothing(
    source: Any, run_source: Any, drop: Path, sql: Any, workspace: Any
) -> None:
    ident = source()
    (drop / "exports/a.csv").write_text(ROWS.replace("030 1234567", "(415) 555-0142"))
    assert run_source(ident) == {"status": "success", "created": 2, "changed": 0, "unchanged": 0,
                                 "refused": 0, "error": None}  # fmt: skip
    found = sql("select state ->> 'name', state ->> 'birth_date', state ->> 'phone', confidence from"
                " entity where workspace_id = %s order by 1", (workspace.id,))  # fmt: skip
    assert found == [
        ("Ana Núñez", "1987-04-12", "+14155550142", 0.8),
        ("Mia Bär", "1990-01-01", "+49307654321", 0.8),
    ]
    assert run_source(ident)["unchanged"] == 0, "not even opened"
    (drop / "exports/b.csv").write_text(
        ROWS.replace("030 1234567", "(415) 555-0142").replace("Mia", "Maria")
    )
    again = run_source(ident)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 1, 1)


def test_a_changed_mapping_reads_the_files_again_and_a_bad_file_holds_up_no_other(
    source: Any, run_source: Any, drop: Path, api: Any, keys: Any, workspace: Any, sql: Any
) -> None:
    ident = source({"name": "First"})
    (drop / "exports/a.csv").write_text("No;Vorname\n1;Ana\n")
    (drop / "exports/b.csv").write_text(ROWS)
    first = run_source(ident)
    assert (first["created"], first["status"]) == (2, "error")
    assert first["error"] == "a.csv: The header has no column “First”."
    url = f"/v1/{workspace.id}/data-sources/{ident}"
    for mapping, sentence in (
        ({"Name": "x"}, "small letters"),
        ({"name": {"source": "x", "type": "y"}}, "one of"),
    ):
        bad = api.patch(url, json={"field_mappings": mapping}, headers=keys.admin)
        assert bad.status_code == 422 and sentence in bad.json["detail"][0]["msg"]
    api.patch(url, json={"field_mappings": {"name": "First + Last"}}, headers=keys.admin)
    (drop / "exports/a.csv").unlink()
    assert run_source(ident)["changed"] == 2
    api.patch(url, json={"field_mappings": {}}, headers=keys.admin)
    assert "No fields are mapped yet" in run_source(ident)["error"]


def test_a_row_that_cannot_be_tried_again_waits_for_the_next_reading(
    source: Any, run_source: Any, drop: Path, api: Any, keys: Any, workspace: Any, as_admin: Any
) -> None:
    ident = source()
    (drop / "exports/a.csv").write_text(
        ROWS.replace("030 1234567", "ask") + '3;"Jo"e;Roe;1.1.1990;;\n'
    )
    assert run_source(ident)["refused"] == 2
    (drop / "exports/a.csv").write_text(ROWS + '3;"Jo"e;Roe;;;\n')
    assert run_source(ident)["created"] == 1, "the number that was wrong is right now"
    shown = text(as_admin.get(f"/w/{workspace.slug}/data-sources/{ident}/set-aside"))
    assert (
        "1 record</h2>" in shown
        and "With the next reading" in shown
        and "again</button>" not in shown
    )
    url = f"/v1/{workspace.id}/data-sources/{ident}/set-aside/retry"
    assert api.post(url, json={}, headers=keys.admin).status_code == 409
    (drop / "exports/a.csv").write_text(ROWS + "3;Joe;Roe;;;\n")
    assert run_source(ident)["created"] == 1
    assert "Nothing is set aside" in text(
        as_admin.get(f"/w/{workspace.slug}/data-sources/{ident}/set-aside")
    )


def test_wrong_rows_are_named_by_their_line_and_the_rest_goes_in() -> None:
    found = parse((
        HEADER + '1;Ana;"Line\nbreak";;;\n;No;Id;;;\n2;B;Date;31.2.1990;;\n3;C;Many;;;;x\n4;D;Phone;;n/a;\n'
        '\n;;;;;\n5;"open;Quote;;;\n6;"a"b;Quote;;;\n7;Last;Good;;;;;\n1;Again;Ana;;;\n8;Short\n'
    ).encode())  # fmt: skip
    assert told(found) == [
        ("line 2", "Ana Line\nbreak"),
        ("line 4", "It has no id: nothing usable stands at “No”."),
        ("line 5", "“DOB” is no date of this form, so “birth_date” cannot be filled."),
        ("line 6", "This row has 7 values, and the header names 6 columns."),
        ("line 7", "“Mobile” is no phone number, so “phone” cannot be filled."),
        ("line 10", csv_rows.BROKEN), ("line 11", csv_rows.BROKEN), ("line 12", "Last Good"),
        ("line 13", files.AGAIN), ("line 14", "Short"),
    ]  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "The file is empty."), (b"\n\n", "The file is empty."),
    (b"No,First,Last\n1,a,b\n", "has no column “No”, “First”, “Last”, “DOB”, “Mobile”. Is the separator right?"),
    (b"No;First;Last;DOB;First;Mobile\n", "Two columns are named “First”"),
    (b"PK\x03\x04xx", "spreadsheet"), (HEADER.encode() + b"1;A\0;b;;;\n", "NUL"),
    (HEADER.encode() + "1;Jörg;b;;;\n".encode() + b"2;J\xf6rg;b;;;\n", "not on line 3"),
    (HEADER.encode() + b"1;J\xf6\x81rg;b;;;\n", "neither UTF-8 nor Latin-1"),
    (b'"No;First\n' * 600, "header cannot be read"), (gzip.compress(ROWS.encode())[:-20], "damaged"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(content: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as said:
        parse(content)
    assert sentence in str(said.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_letters_and_line_ends_are_found_out(encoding: str, end: str) -> None:
    content = ROWS.replace("030 1234567", "").replace("\n", end).encode(encoding)
    assert [name for _, name in told(parse(content))] == ["Ana Núñez", "Mia Bär"]
    assert [name for _, name in told(parse(gzip.compress(content)))] == ["Ana Núñez", "Mia Bär"]


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6), st.sampled_from(",;\t|"))
def test_what_a_spreadsheet_writes_is_read_as_it_was(
    table: list[list[str]], delimiter: str
) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows([["id", "name", "more"], *table])
    text_ = io.TextIOWrapper(io.BytesIO(written.getvalue().encode()), "utf-8", newline="")
    found = [cells for _, cells in csv_rows.raw(text_, delimiter)]
    assert found == [["id", "name", "more"], *(row for row in table if any(c.strip() for c in row))]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(content: bytes) -> None:
    try:
        found = parse(b"No;First;Last;DOB;Mobile\n" + content)
    except Unreadable as said:
        assert str(said)
        return
    assert all(
        isinstance(one, Record | Refused) and place.startswith("line ") for place, one in found
    )


class Endless(io.RawIOBase):
    """A large file that is made as it is read."""

    def __init__(self, rows: int) -> None:
        self.rows, self.at, self.kept = rows, 0, b""

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, _whence: int = 0) -> int:
        self.at, self.kept = 0, b""
        return offset

    def readinto(self, buffer: Any) -> int:
        while len(self.kept) < len(buffer) and self.at <= self.rows:
            more = range(self.at, min(self.at + 1000, self.rows + 1))
            self.kept += b"".join(b"%d;A;%d;;;\n" % (n, n) if n else HEADER.encode() for n in more)
            self.at = more.stop
        found, self.kept = self.kept[: len(buffer)], self.kept[len(buffer) :]
        buffer[: len(found)] = found
        return len(found)


def test_a_large_file_stays_small_in_memory_and_a_lost_quote_swallows_nothing() -> None:
    config = FileDropConfig(path="x", format="csv", delimiter=";", id_path="No")
    by = Mapping(read({"name": "First + Last"}), Context())
    tracemalloc.start()
    try:
        many = sum(1 for _ in files.records(io.BufferedReader(Endless(20_000)), config, by))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert many == 20_000 and peak < 8_000_000
    lines = [f"{n};A;{n};;;" for n in range(3000)]
    lines[5], lines[7] = '5;"A;5;;;', "x" * 300_000
    found = parse("\n".join([HEADER.strip(), *lines]).encode(), {"name": "First + Last"})
    assert [(place, one.reason) for place, one in found if isinstance(one, Refused)] == [
        ("line 7", csv_rows.BROKEN), ("line 9", csv_rows.LONG)]  # fmt: skip
    assert len(found) == 3000


def test_an_id_is_known_again_among_many() -> None:
    seen = csv_rows.Seen()
    assert not any(seen.again(str(n)) for n in range(20_000))
    assert all(seen.again(str(n)) for n in range(20_000))


def test_lists_in_json_and_lines_are_records_as_well() -> None:
    one = {"No": 1, "who": {"name": "Ana"}}
    mapping = {"name": "who.name"}
    for content, config in (
        ({"data": {"items": [one, 5]}}, {"format": "json", "records_path": "data.items"}),
        ([one, 5], {"format": "json"}),
    ):
        found = told(parse(json.dumps(content).encode(), mapping, **config))
        assert found == [("record 1", "Ana"), ("record 2", "This is no record with fields.")]
    lines = told(parse(json.dumps(one).encode() + b"\n{bad\n", mapping, format="ndjson"))
    assert lines == [("line 1", "Ana"), ("line 2", "This is no record with fields.")]
    for bad, sentence in ((b'[{"a":', "breaks off"), (b'{"x": []}', "no list at “data”")):
        with pytest.raises(Unreadable, match=sentence):
            parse(bad, mapping, format="json", records_path="data" if b"x" in bad else None)


def form(**more: str) -> dict[str, str]:
    return {
        "kind": "file_drop", "source_type": "file_drop", "name": "Drop", "connection_config": "1",
        "connection_config-path": "exports", "connection_config-format": "csv",
        "connection_config-delimiter": ";", "connection_config-entity_type": "person",
        "connection_config-id_path": "No", "sync_strategy": "manual",
        "field_mappings-0-key": "name", "field_mappings-0-source": "First + Last",
        "field_mappings-1-key": "birth_date", "field_mappings-1-source": "DOB", "field_mappings-1-type": "date_dmy",
        **more,
    }  # fmt: skip


def test_the_first_rows_are_shown_as_what_they_become_before_anything_is_saved(
    as_admin: Any,
    as_viewer: Any,
    workspace: Any,
    drop: Path,
    sql: Any,
    source: Any,
    api: Any,
    keys: Any,
) -> None:
    home = f"/w/{workspace.slug}/data-sources"
    none = text(post(as_admin, f"{home}/preview", form()))
    assert "Paste the first lines" in none and 'value="First + Last"' in none
    (drop / "exports/a.csv").write_text(ROWS + "3;C;D;soon;;\n")
    page = text(post(as_admin, f"{home}/preview", form()))
    assert "records of a.csv become. 1 of 3 would be refused." in page
    assert (
        "Ana Núñez" in page
        and "1987-04-12" in page
        and "Line 4" in page
        and "Create data source" in page
    )
    pasted = text(post(as_admin, f"{home}/preview", form(sample=HEADER + "9;Pasted;Person;;;\n")))
    assert "Pasted Person" in pasted and "Ana" not in pasted and "9;Pasted;Person" in pasted
    wrong = post(as_admin, f"{home}/preview", form(**{"field_mappings-0-key": "Not good"}))
    assert wrong.status_code == 422 and "small letters" in text(wrong) and "Not good" in text(wrong)
    assert sql("select count(*) from data_source where workspace_id = %s", (workspace.id,)) == [
        (0,)
    ]
    bare = {
        n: v for n, v in form(sample=HEADER + "1;A;B;;;\n").items() if not n.startswith("field_map")
    }
    hinted = text(post(as_admin, f"{home}/preview", bare))
    assert "No fields are mapped yet" in hinted and "<bdi>Mobile</bdi>" in hinted
    ident = source()
    changed = text(post(as_admin, f"{home}/{ident}/preview", form(version="1")))
    assert "Ana Núñez" in changed
    shown = api.post(
        f"/v1/{workspace.id}/data-sources/{ident}/preview",
        json={"sample": ROWS},
        headers=keys.admin,
    )
    assert shown.json["lines"][1]["fields"]["phone"] == "+49307654321"
    assert post(as_viewer, f"{home}/{ident}/preview", form()).status_code == 403
    assert sql("select count(*) from event where workspace_id = %s", (workspace.id,)) == [(0,)]
    looked = sql("select phi_accessed, metadata::text from audit_event where workspace_id = %s and action"
                 " = 'data_source.preview'", (workspace.id,))  # fmt: skip
    assert all(phi and "Ana" not in told_ for phi, told_ in looked) and len(looked) == 6


def test_a_file_is_uploaded_into_the_folder_and_takes_no_other_ones_place(
    as_admin: Any, as_member: Any, workspace: Any, drop: Path, source: Any, run_source: Any
) -> None:
    ident = source(path="new/folder")
    url = f"/w/{workspace.slug}/data-sources/{ident}/files"

    def send(name: str, content: str = ROWS, who: Any = as_admin) -> Any:
        sent = {"file": (io.BytesIO(content.encode()), name)} if name else {}
        return post(who, url, sent, content_type="multipart/form-data")

    assert send("a.csv", who=as_member).status_code == 403
    for name, sentence in (("", "Choose a file"), ("a.xlsx", "end in .csv")):
        refused = send(name)
        assert refused.status_code == 422 and sentence in text(refused)
    assert send("../../a.csv").status_code == 303
    assert send("a.csv", ROWS.replace("Ana", "Anna")).status_code == 303
    there = sorted(path.name for path in (drop / "new/folder").iterdir())
    assert there == ["a-1.csv", "a.csv"], "nothing left half written, nothing outside"
    done = run_source(ident)
    assert (done["created"], done["changed"], done["unchanged"], done["refused"]) == (2, 1, 1, 0)


def test_a_full_disk_is_told_and_leaves_nothing_behind(
    as_admin: Any, workspace: Any, drop: Path, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/w/{workspace.slug}/data-sources/{source()}/files"
    monkeypatch.setattr(core_files, "KEPT_FREE", 2**62)
    sent = {"file": (io.BytesIO(ROWS.encode()), "a.csv")}
    refused = post(as_admin, url, sent, content_type="multipart/form-data")
    assert refused.status_code == 507 and "no room left on the disk" in text(refused)
    assert list((drop / "exports").iterdir()) == []


def test_a_run_that_ends_in_the_middle_of_a_file_goes_on_from_there(drop: Path) -> None:
    rows = [f"{n};A;{n};;;\n" for n in range(drops.BLOCK * 2 + 10)]
    (drop / "exports/a.csv").write_text(HEADER + "".join(rows))
    config = FileDropConfig(path="exports", format="csv", delimiter=";", id_path="No")
    by, cursor, taken = Mapping(read({"name": "First"}), Context()), {}, []
    importer = Importer(uuid.UUID(int=1), Origin())

    def take(block: list[Any], more: dict[str, Any]) -> None:
        if len(taken) >= stops[0]:
            raise KeyboardInterrupt
        taken.extend(record.key for _, _, record in block)
        cursor.update(more)

    stops = [1, drops.BLOCK + 1, len(rows) * 2]
    while len(stops) > 1:
        with pytest.raises(KeyboardInterrupt):
            drops.read(drop, config, dict(cursor), importer, take, by)
        stops.pop(0)
    drops.read(drop, config, dict(cursor), importer, take, by)
    assert taken == [str(n) for n in range(len(rows))] and list(cursor["files"]) == ["a.csv"]


def test_a_file_that_grows_while_it_is_read_is_read_again_and_not_put_away(drop: Path) -> None:
    path = drop / "exports/a.csv"
    path.write_text(ROWS)
    config = FileDropConfig(
        path="exports", format="csv", delimiter=";", id_path="No", archive_path="done"
    )
    by, cursors, seen = Mapping(read({"name": "First"}), Context()), [], []

    def take(block: list[Any], cursor: dict[str, Any]) -> None:
        seen.extend(place for place, _, _ in block)
        cursors.append(cursor)
        if len(cursors) == 1:
            path.write_text(ROWS + "3;Late;Row;;;\n")

    importer = Importer(uuid.UUID(int=1), Origin())
    drops.read(drop, config, {}, importer, take, by)
    assert [list(cursor) for cursor in cursors] == [["part"]] and path.exists()
    drops.read(drop, config, {}, importer, take, by)
    assert seen[-1] == "a.csv, line 4" and cursors[-1]["part"] is None and not path.exists()
