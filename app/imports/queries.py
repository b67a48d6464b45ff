"""Imports of files: what is known of each, and how far it came."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import database

MOST = 50
OPEN = ("queued", "running")
_FIELDS = """
id, name, key, size, status, position, records, created, changed, unchanged, refused, problems,
  error, created_by, created_at, finished_at
"""
_ADD = """
insert into import_file (workspace_id, name, key, size, created_by)
values (%(workspace_id)s, %(name)s, %(key)s, %(size)s, %(by)s) returning id
"""
_ONE = f"select {_FIELDS} from import_file where workspace_id = %(workspace_id)s and id = %(id)s"
_LAST = f"""
select {_FIELDS} from import_file where workspace_id = %(workspace_id)s
order by created_at desc limit {MOST}
"""
_BEGIN = f"""
update import_file set status = 'running'
where workspace_id = %(workspace_id)s and id = %(id)s and status in {OPEN}
returning {_FIELDS}
"""
_KEEP = """
update import_file set position = %(position)s, records = %(records)s, created = %(created)s,
  changed = %(changed)s, unchanged = %(unchanged)s, refused = %(refused)s, problems = %(problems)s
where workspace_id = %(workspace_id)s and id = %(id)s returning status
"""
_END = f"""
update import_file set status = %(status)s, error = %(error)s, finished_at = now()
where workspace_id = %(workspace_id)s and id = %(id)s and status in {OPEN} returning key
"""
_WAITS = f"""
select 1 from import_file
where workspace_id = %(workspace_id)s and key = %(key)s and status in {OPEN}
"""


@dataclass(frozen=True, slots=True)
class Import:
    """A file and how far its import came; `position` and `size` in bytes."""

    id: uuid.UUID
    name: str
    key: str
    size: int
    status: str
    position: int
    records: int
    created: int
    changed: int
    unchanged: int
    refused: int
    problems: list[dict[str, str]]
    error: str | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def going_on(self) -> bool:
        """Whether it waits or runs."""
        return self.status in OPEN

    @property
    def percent(self) -> int:
        """How much of the file is read."""
        if self.status == "done":
            return 100
        return min(99, self.position * 100 // self.size) if self.size else 0


def add(workspace_id: uuid.UUID, name: str, key: str, size: int, by: str) -> uuid.UUID:
    """Note a file that came in."""
    params = {"workspace_id": workspace_id, "name": name, "key": key, "size": size, "by": by}
    ident: uuid.UUID = database.value(_ADD, params)
    return ident


def one(workspace_id: uuid.UUID, ident: uuid.UUID) -> Import | None:
    """An import."""
    row = database.row(_ONE, {"workspace_id": workspace_id, "id": ident})
    return Import(*row) if row else None


def last(workspace_id: uuid.UUID) -> list[Import]:
    """The newest imports."""
    return [Import(*row) for row in database.rows(_LAST, {"workspace_id": workspace_id})]


def begin(workspace_id: uuid.UUID, ident: uuid.UUID) -> Import | None:
    """Take an import up, or go on with one that was broken off; None when it is over."""
    row = database.row(_BEGIN, {"workspace_id": workspace_id, "id": ident})
    return Import(*row) if row else None


def keep(workspace_id: uuid.UUID, ident: uuid.UUID, done: dict[str, Any]) -> bool:
    """Keep how far it came, in the transaction of what was read. False when it was cancelled."""
    content = {**done, "problems": database.jsonb(done["problems"])}
    status = database.value(_KEEP, {"workspace_id": workspace_id, "id": ident, **content})
    return bool(status == "running")


def end(workspace_id: uuid.UUID, ident: uuid.UUID, status: str, error: str | None = None) -> bool:
    """Note how it ended; False when it had ended before."""
    found = database.value(_END, {"workspace_id": workspace_id, "id": ident, "status": status,
                                  "error": error})  # fmt: skip
    return found is not None


def waits(workspace_id: uuid.UUID, key: str) -> bool:
    """Whether a file is still needed."""
    return database.row(_WAITS, {"workspace_id": workspace_id, "key": key}) is not None
