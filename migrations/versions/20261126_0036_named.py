"""What is named by its kind and time says the time, not only its day in UTC.

Revision ID: 0036
"""

from alembic import op

revision = "0036"
down_revision = "0035"

_EXACT = "state ->> 'start' ~ '^....-..-..T..:...*([+]00:00|Z)$'"
_NAME = """
update entity set display_name = left(
  coalesce(state ->> 'kind', upper(left(entity_type, 1)) || substr(entity_type, 2)) || ', ' || {0}, 256)
where state ->> 'name' is null and entity_type <> 'call' and {1}
"""
_TIME = "replace(left(state ->> 'start', 16), 'T', ' ') || ' UTC'"


def _rename(time: str) -> None:
    # The owner is under row security too.
    op.execute("alter table entity no force row level security")
    op.execute(_NAME.format(time, _EXACT))
    op.execute("alter table entity force row level security")


def upgrade() -> None:
    _rename(_TIME)


def downgrade() -> None:
    _rename("left(state ->> 'start', 10)")
