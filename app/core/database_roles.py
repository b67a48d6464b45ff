"""The three database roles and what the embedded server's database grants them."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

DATABASE = "ward"
ROLES = ("owner", "app", "maintenance")
GRANTS = (
    "revoke all on database ward from public",
    "grant connect on database ward to ward_owner, ward_app, ward_maintenance",
    "grant temporary on database ward to ward_app, ward_maintenance",
    "alter schema public owner to ward_owner",
    "grant usage on schema public to ward_app, ward_maintenance",
    "grant ward_maintenance to ward_owner with inherit false, set true",
    # Without it a text search cannot use its index under row security.
    "alter function pg_catalog.ts_match_vq(tsvector, tsquery) leakproof",
)
_DATABASE_EXISTS = "select exists (select from pg_database where datname = %s)"
_ROLE_EXISTS = "select exists (select from pg_roles where rolname = %s)"


def _is_there(connection: psycopg.Connection[Any], question: str, name: str) -> bool:
    found = connection.execute(question, (name,)).fetchone()
    return bool(found and found[0])


def ensure_roles(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    """Make the roles, or bring their rights and passwords back to what they should be."""
    for role in ROLES:
        name = f"ward_{role}"
        verb = "alter" if _is_there(connection, _ROLE_EXISTS, name) else "create"
        bypass = "bypassrls" if role == "maintenance" else "nobypassrls"
        connection.execute(
            sql.SQL("{} role {} login nosuperuser nocreatedb nocreaterole {} password {}").format(
                sql.SQL(verb), sql.Identifier(name), sql.SQL(bypass), sql.Literal(passwords[role])
            )
        )
    if not _is_there(connection, _DATABASE_EXISTS, DATABASE):
        connection.execute("create database ward owner ward_owner")


def ensure_grants(connection: psycopg.Connection[Any]) -> None:
    """Grant in the database `ward`; says the same at every start."""
    for statement in GRANTS:
        connection.execute(statement)
