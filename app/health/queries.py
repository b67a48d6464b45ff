"""Whether this process can do its work."""

from functools import cache

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from app.core import database, migrate, tenancy

_REVISION = "select version_num from alembic_version"


@cache
def newest() -> str:
    """The revision that this code expects."""
    return migrate.head()


def readiness() -> dict[str, bool]:
    """What must hold before this process gets requests: database, migrated, isolated."""
    try:
        migrated = database.value(_REVISION) == newest()
        isolated = not tenancy.check()
    except (SQLAlchemyError, OSError, psycopg.OperationalError):
        database.rollback()
        return {"database": False, "migrated": False, "isolated": False}
    except psycopg.Error:
        database.rollback()
        return {"database": True, "migrated": False, "isolated": False}
    return {"database": True, "migrated": migrated, "isolated": isolated}
