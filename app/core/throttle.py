"""How often something may be tried: fixed windows, counted in PostgreSQL for all processes.

Counting runs on a connection of its own that commits at once, so that a refused request
(which is rolled back) still counts. Buckets name nobody: callers pass what they count by
through `bucket()`, which keeps only a hash.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .database import db, note

_HIT = b"""
insert into throttle as t (bucket, window_ends_at, hits)
values (%(bucket)s, now() + make_interval(secs => %(seconds)s), 1)
on conflict (bucket) do update set
  hits = case when t.window_ends_at <= now() then 1 else t.hits + 1 end,
  window_ends_at = case when t.window_ends_at <= now()
                        then excluded.window_ends_at else t.window_ends_at end
returning hits, window_ends_at
"""
_FORGET = b"delete from throttle where bucket = %(bucket)s"
_SWEEP = b"""
delete from throttle where bucket in (
  select bucket from throttle where window_ends_at < now() - interval '1 hour'
  limit 200 for update skip locked)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a bucket stands after a hit."""

    remaining: int
    reset_at: datetime
    allowed: bool

    @property
    def retry_after(self) -> int:
        """Whole seconds until the window ends, at least 1."""
        return max(1, int((self.reset_at - datetime.now(UTC)).total_seconds()) + 1)


def bucket(kind: str, subject: str) -> str:
    """The name of a bucket: the kind in clear, the subject (address, client) as a hash."""
    return f"{kind}:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def _run(sql: bytes, params: dict[str, Any]) -> tuple[Any, ...] | None:
    note(sql.decode(), params)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: Any = connection.connection.driver_connection
        cursor = driver.execute(sql, params)
        return cursor.fetchone() if cursor.description else None


def hit(bucket: str, limit: int, window_seconds: int) -> Standing:
    """Count one try in `bucket`; `allowed` is false from the try after `limit` on."""
    found = _run(_HIT, {"bucket": bucket, "seconds": window_seconds})
    hits, ends = found or (1, datetime.now(UTC))
    return Standing(max(0, limit - hits), ends, hits <= limit)


def forget(bucket: str) -> None:
    """Start over, after a success."""
    _run(_FORGET, {"bucket": bucket})


def sweep() -> None:
    """Remove some windows that ended long ago."""
    _run(_SWEEP, {})
