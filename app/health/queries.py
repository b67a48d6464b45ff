"""Whether this process can do its work."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from app.core import database, tenancy

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_REVISION = "select version_num from alembic_version"


@cache
def newest() -> str | None:
    """The revision that this code expects."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head()


def readiness() -> dict[str, bool]:
    """What must hold before this process gets requests: database, migrated, isolated."""
    try:
        migrated = database.value(_REVISION) == newest()
        isolated = not tenancy.check()
    except (SQLAlchemyError, OSError):
        database.db.session.rollback()
        return {"database": False, "migrated": False, "isolated": False}
    except database.psycopg.Error:
        database.db.session.rollback()
        return {"database": True, "migrated": False, "isolated": False}
    return {"database": True, "migrated": migrated, "isolated": isolated}
