"""Sources of servers that misbehave and of files, read as the job reads them."""

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core import database, tenancy
from app.sync import runner
from tests.setup import Maker
from tests.support import Place

from .server import Fhir, serving


@pytest.fixture
def fhir() -> Iterator[Fhir]:
    with serving() as server:
        yield server


@pytest.fixture
def source(fhir: Fhir, maker: Maker) -> Callable[..., str]:
    """Makes a source that reads the server; its id."""

    def make(kind: str = "fhir_store", **config: Any) -> str:
        more = config.pop("more", {})
        body = {"name": "Records", "source_type": kind, "sync_strategy": "continuous",
                "connection_config": {"base_url": fhir.url, "allow_private": True, "page_size": 2,
                                      "resource_types": ["Patient", "Condition"], **config}}  # fmt: skip
        return str(maker.make("data-sources", body | more)["id"])

    return make


@pytest.fixture
def read(app: Flask, workspace: Place, sql: Any) -> Callable[..., dict[str, Any]]:
    """Reads a source as the job does; what the run and the source say afterwards."""

    def go(ident: str, whole: bool = False) -> dict[str, Any]:
        with app.app_context(), tenancy.inside(workspace.id):
            assert runner.run(workspace.id, uuid.UUID(ident), "a test", whole=whole)
            database.rollback()
        run = sql("select status, created, changed, unchanged, refused, error from sync_run where"
                  " data_source_id = %s order by started_at desc limit 1", (ident,))[0]  # fmt: skip
        return dict(zip(("status", "created", "changed", "unchanged", "refused", "error"), run,
                        strict=True))  # fmt: skip

    return go


@pytest.fixture
def run_source(read: Any) -> Any:
    """The same for sources of every kind."""
    return read


@pytest.fixture
def drop(app: Flask, workspace: Place, tmp_path: Path) -> Iterator[Path]:
    """The workspace's own drop folder."""
    config = app.config["WARD"]
    app.config["WARD"] = dataclasses.replace(config, drop_folder=str(tmp_path))
    home = tmp_path / str(workspace.id)
    (home / "exports").mkdir(parents=True)
    yield home
    app.config["WARD"] = config
