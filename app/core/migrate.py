"""Migrations, run as the owner role."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
_NAMES = re.compile(r'^(down_revision|revision) = "(\w+)"$', re.MULTILINE)


def _alembic(owner_url: str) -> "Config":
    # Here, because the web server asks for nothing but the newest revision.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = owner_url
    return config


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database to `revision`."""
    from alembic import command

    command.upgrade(_alembic(owner_url), revision)


def downgrade(owner_url: str, revision: str) -> None:
    """Take the database back to `revision` (base: nothing left)."""
    from alembic import command

    command.downgrade(_alembic(owner_url), revision)


def head() -> str:
    """The newest revision the code knows: the one that none comes after."""
    found = [_NAMES.findall(path.read_text()) for path in (FOLDER / "versions").glob("*.py")]
    known: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for kind, name in (pair for pairs in found for pair in pairs):
        known[kind].add(name)
    (newest,) = known["revision"] - known["down_revision"]
    return newest
