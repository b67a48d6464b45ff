"""Migrations, run as the owner role."""

from pathlib import Path

from alembic import command
from alembic.config import Config as Alembic
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def _alembic(owner_url: str) -> Alembic:
    config = Alembic()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = owner_url
    return config


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database to `revision`."""
    command.upgrade(_alembic(owner_url), revision)


def downgrade(owner_url: str, revision: str) -> None:
    """Take the database back to `revision` (base: nothing left)."""
    command.downgrade(_alembic(owner_url), revision)


def head() -> str:
    """The newest revision the code knows."""
    return ScriptDirectory(str(FOLDER)).get_current_head() or ""
