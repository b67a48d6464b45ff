"""flask audit verify finds what was done behind the log's back, and the app role cannot do it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

Sql = Callable[..., Any]


@pytest.fixture
def superuser(server: Any) -> Iterator[Sql]:
    """Whoever owns the machine: no policy and no grant holds them."""
    url = server.superuser_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection.execute


@pytest.fixture
def chained(api: Any, workspace: Any, keys: Any) -> Any:
    """A workspace with six events."""
    for _ in range(6):
        assert api.get(f"/v1/{workspace.id}/audit", headers=keys.owner).status_code == 200
    return workspace


def verify(app: Any, place: Any) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["audit", "verify", "--workspace", place.slug])
    return done.exit_code, done.output


def test_an_untouched_chain_is_whole(app: Any, chained: Any) -> None:
    code, output = verify(app, chained)
    assert (code, f"{chained.slug}: 6 events, whole" in output) == (0, True), output


@pytest.mark.parametrize(
    "change",
    ["action = 'call.read'", "outcome = 'denied'", "at = at - interval '1 day'",
     "actor_label = 'Somebody else'", "metadata = '{\"a\": 1}'", "hash = repeat('a', 64)"],
)  # fmt: skip
def test_an_altered_event_is_named(app: Any, chained: Any, superuser: Sql, change: str) -> None:
    superuser(f"update audit_event set {change} where workspace_id = %s and seq = 3", (chained.id,))
    code, output = verify(app, chained)
    assert code == 1
    assert f"{chained.slug}: altered event 3\n" in output


@pytest.mark.parametrize(("gone", "told"), [
    ("seq = 3", "removed event 3"), ("seq in (2, 3)", "removed events 2 to 3"),
    ("seq = 1", "removed event 1"), ("seq = 6", "removed event 6"),
    ("seq > 4", "removed events 5 to 6"), ("true", "removed events 1 to 6"),
])  # fmt: skip
def test_removed_events_are_named_also_at_the_end(
    app: Any, chained: Any, superuser: Sql, gone: str, told: str
) -> None:
    superuser(f"delete from audit_event where workspace_id = %s and {gone}", (chained.id,))
    code, output = verify(app, chained)
    assert code == 1
    assert output.splitlines()[0] == f"{chained.slug}: {told}"


COPY = """
insert into audit_event select workspace_id, %(to)s, uuidv7(), at, actor_kind, actor_account_id,
  actor_user_id, actor_key_id, actor_label, action, resource_type, resource_id, resource_name,
  outcome, phi_accessed, before, after, metadata, ip, user_agent, request_id, hash, previous_hash
from audit_event where workspace_id = %(workspace)s and seq = %(from)s
"""


def test_an_event_added_at_the_end_is_named(app: Any, chained: Any, superuser: Sql) -> None:
    superuser(COPY, {"workspace": chained.id, "from": 6, "to": 7})
    code, output = verify(app, chained)
    assert code == 1
    assert "inserted event 7" in output


@pytest.mark.parametrize("head_too", [False, True])
def test_an_event_put_between_is_named_and_the_moved_ones_are_not(
    app: Any, chained: Any, superuser: Sql, head_too: bool
) -> None:
    here = (chained.id,)
    superuser("update audit_event set seq = seq + 100 where workspace_id = %s and seq >= 4", here)
    superuser("update audit_event set seq = seq - 99 where workspace_id = %s and seq > 100", here)
    superuser(COPY, {"workspace": chained.id, "from": 3, "to": 4})
    if head_too:
        superuser("update audit_head set seq = seq + 1 where workspace_id = %s", here)
    code, output = verify(app, chained)
    assert code == 1
    found = [line for line in output.splitlines() if line.startswith(chained.slug)]
    assert found == [f"{chained.slug}: inserted event 4"]


def test_a_well_forged_event_put_between_is_named(
    app: Any, chained: Any, superuser: Sql, sql: Any
) -> None:
    from app.core.audit import COLUMNS, FIELDS, chain

    here = (chained.id,)
    superuser("update audit_event set seq = seq + 100 where workspace_id = %s and seq >= 4", here)
    superuser("update audit_event set seq = seq - 99 where workspace_id = %s and seq > 100", here)
    superuser(COPY, {"workspace": chained.id, "from": 3, "to": 4})
    superuser("update audit_event set action = 'x.y' where workspace_id = %s and seq = 4", here)
    found = sql(f"select hash, {COLUMNS} from audit_event where workspace_id = %s", here)
    third = sql("select hash from audit_event where workspace_id = %s and seq = 3", here)[0][0]
    event = next(row[1:] for row in found if row[1 + FIELDS.index("action")] == "x.y")
    forged = chain(third, 4, dict(zip(FIELDS, event, strict=True)))
    superuser(
        "update audit_event set hash = %s, previous_hash = %s where workspace_id = %s and seq = 4",
        (forged, third, chained.id),
    )
    named = [line for line in verify(app, chained)[1].splitlines() if chained.slug in line]
    assert named == [f"{chained.slug}: inserted event 4"]


def test_an_event_before_the_first_is_named(app: Any, chained: Any, superuser: Sql) -> None:
    superuser(COPY, {"workspace": chained.id, "from": 1, "to": 0})
    assert "inserted event 0" in verify(app, chained)[1]


def test_an_event_rewritten_with_a_fitting_hash_breaks_the_next_link(
    app: Any, chained: Any, superuser: Sql, sql: Any
) -> None:
    from app.core.audit import COLUMNS, FIELDS, chain

    here = (chained.id,)
    superuser("update audit_event set action = 'x.y' where workspace_id = %s and seq = 4", here)
    row = sql(
        f"select previous_hash, {COLUMNS} from audit_event where workspace_id = %s and seq = 4",
        here,
    )[0]
    fitting = chain(row[0], 4, dict(zip(FIELDS, row[1:], strict=True)))
    superuser(
        "update audit_event set hash = %s where workspace_id = %s and seq = 4",
        (fitting, chained.id),
    )
    assert "altered event 4" in verify(app, chained)[1]


def test_a_rewritten_last_event_is_betrayed_by_the_head(
    app: Any, chained: Any, superuser: Sql
) -> None:
    superuser("update audit_head set hash = repeat('b', 64) where workspace_id = %s", (chained.id,))
    assert "altered event 6" in verify(app, chained)[1]


def test_all_workspaces_are_walked(app: Any, chained: Any, other: Any, superuser: Sql) -> None:
    done = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert f"{chained.slug}: 6 events, whole" in done.output
    assert other.slug in done.output


def test_an_unknown_workspace_is_an_error(app: Any) -> None:
    done = app.test_cli_runner().invoke(args=["audit", "verify", "--workspace", "nowhere"])
    assert done.exit_code == 1


def test_values_of_every_kind_survive_the_table(app: Any, workspace: Any) -> None:
    from app.core import audit, database, tenancy

    odd = {"f": [0.1, 1.0, 1e-7, 12345678901234567890, -1.5, 1e20, -0.0], "t": "é \u2028 \U0001f600", "n": None, "e": "\\u0000 \0",
           "nested": {"b": True, "a": [{}]}}  # fmt: skip
    with app.app_context(), database.transaction():
        tenancy.enter(workspace.id)
        audit.record("test.odd", "test", "1", before=odd, after=[odd], metadata=odd)
    assert verify(app, workspace)[0] == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set action = 'x' where workspace_id = %s",
        "delete from audit_event where workspace_id = %s",
        "delete from audit_head where workspace_id = %s",
        "truncate audit_event",
    ],
)
def test_the_app_role_cannot_change_the_log(server: Any, chained: Any, statement: str) -> None:
    url = server.url("app").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute(f"set local ward.workspace_id = '{chained.id}'")
        params = (chained.id,) if "%s" in statement else None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement, params)
