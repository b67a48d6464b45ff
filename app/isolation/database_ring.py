"""The database alone: what the app role can do to another workspace's rows, table by table."""

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from . import seeds
from .seeds import Side

Try = tuple[str, Callable[[], bool]]
REFUSED = (psycopg.errors.InsufficientPrivilege,)
_COPY = "insert into {0} ({1}) select {1} from jsonb_populate_record(null::{0}, %s)"
_ROW = "select to_jsonb(t) from {} t where workspace_id = %s limit 1"


class Ring:
    """Attempts by the app role inside workspace `mine` against `theirs`."""

    def __init__(
        self,
        app: psycopg.Connection[Any],
        maintenance: psycopg.Connection[Any],
        mine: Side,
        theirs: Side,
    ) -> None:
        self.app, self.maintenance, self.mine, self.theirs = app, maintenance, mine, theirs

    def attempts(self, table: str) -> list[Try]:
        """Every attempt on one table; each answers whether it was refused."""
        return [
            (f"{table}: read without a filter", lambda: self._sees(table) == 0),
            (f"{table}: read without a context", lambda: self._blind(table)),
            (f"{table}: change", lambda: self._touches(
                f"update {table} set workspace_id = workspace_id where workspace_id = %s")),
            (f"{table}: remove", lambda: self._touches(
                f"delete from {table} where workspace_id = %s")),
            (f"{table}: plant a row there", lambda: self._plants(table, self.theirs.id, True)),
            (f"{table}: plant a row without a context",
             lambda: self._plants(table, self.theirs.id, False)),
            (f"{table}: plant a row of no workspace", lambda: self._plants(table, None, True)),
            (f"{table}: move my row there", lambda: self._moves(table)),
        ]  # fmt: skip

    def _run(self, statement: str, params: tuple[Any, ...], inside: bool = True) -> Any:
        with self.app.transaction(force_rollback=True):
            if inside:
                self.app.execute(f"set local ward.workspace_id = '{self.mine.id}'".encode())
            return self.app.execute(statement.encode(), params)

    def _sees(self, table: str) -> int:
        found = self._run(f"select count(*) from {table} where workspace_id <> %s", (self.mine.id,))
        return int(found.fetchone()[0])

    def _blind(self, table: str) -> bool:
        found = self._run(f"select count(*) from {table}", (), inside=False)
        return bool(found.fetchone()[0] == 0)

    def _touches(self, statement: str) -> bool:
        try:
            return bool(self._run(statement, (self.theirs.id,)).rowcount == 0)
        except REFUSED:
            return True

    def _plants(self, table: str, workspace_id: uuid.UUID | None, inside: bool) -> bool:
        found = self.maintenance.execute(_ROW.format(table).encode(), (self.theirs.id,)).fetchone()
        if found is None:
            return False
        row = {**found[0], "workspace_id": str(workspace_id) if workspace_id else None}
        if "id" in row:
            row["id"] = str(uuid.uuid4())
        columns = ", ".join(seeds.writable(self.maintenance, table))
        try:
            self._run(_COPY.format(table, columns), (Jsonb(row),), inside)
        except (*REFUSED, psycopg.errors.NotNullViolation):
            return True
        except psycopg.errors.UniqueViolation:
            return False
        return False

    def _moves(self, table: str) -> bool:
        statement = f"update {table} set workspace_id = %s where workspace_id = %s"
        try:
            return bool(self._run(statement, (self.theirs.id, self.mine.id)).rowcount == 0)
        except (*REFUSED, psycopg.errors.ForeignKeyViolation):
            return True


def fingerprint(maintenance: psycopg.Connection[Any], side: Side) -> dict[str, str]:
    """What every tenant table holds of a workspace, as one hash a table."""
    statement = (
        "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {} t"
        " where workspace_id = %s"
    )
    return {
        table: maintenance.execute(statement.format(table).encode(), (side.id,)).fetchone()[0]  # type: ignore[index]
        for table in seeds.tenant_tables(maintenance)
    }
