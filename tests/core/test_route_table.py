"""tests/routes.txt is the reviewed list of who may call what."""

from pathlib import Path

from flask import Flask

from app.core.routetable import table

COMMITTED = Path(__file__).parent.parent / "routes.txt"


def test_the_route_table_is_committed(app: Flask) -> None:
    assert COMMITTED.read_text() == table(), "run: make flask CMD='routes-table' > tests/routes.txt"
