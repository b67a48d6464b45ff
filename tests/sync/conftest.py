"""Reading a source as the job does, for every kind of source."""

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core import database, tenancy
from app.sync import runner
from tests.support import Place

TOLD = ("status", "created", "changed", "unchanged", "refused", "error")


@pytest.fixture
def run_source(app: Flask, workspace: Place, sql: Any) -> Callable[[str], dict[str, Any]]:
    """Reads a source; what the run says afterwards."""

    def go(ident: str) -> dict[str, Any]:
        with app.app_context(), tenancy.inside(workspace.id):
            assert runner.run(workspace.id, uuid.UUID(ident), "a test")
            database.rollback()
        run = sql(f"select {', '.join(TOLD)} from sync_run where data_source_id = %s"
                  " order by started_at desc limit 1", (ident,))[0]  # fmt: skip
        return dict(zip(TOLD, run, strict=True))

    return go


@pytest.fixture
def drop(app: Flask, workspace: Place, tmp_path: Path) -> Iterator[Path]:
    """The workspace's own drop folder."""
    config = app.config["WARD"]
    app.config["WARD"] = dataclasses.replace(config, drop_folder=str(tmp_path))
    home = tmp_path / str(workspace.id)
    (home / "exports").mkdir(parents=True)
    yield home
    app.config["WARD"] = config
