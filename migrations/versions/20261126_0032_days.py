"""All calls of a day in one row, and a version of the figures.

Revision ID: 0032
"""

from alembic import op

revision = "0032"
down_revision = "0031"

COUNTS = ("calls", "answered", "transferred", "unanswered", "escalated")
ARRAYS = {"lengths": 32, "responses": 27}
_SUMS = ", ".join((
    *(f"sum({name})" for name in COUNTS),
    *(f"array[{', '.join(f'sum({name}[{n}])' for n in range(1, many + 1))}]"
      for name, many in ARRAYS.items()),
))  # fmt: skip
_DAYS = f"""
insert into call_rollup (workspace_id, dimension, key, day, hour, {", ".join(COUNTS)}, lengths,
  responses)
select workspace_id, 'day', '', day, 0, {_SUMS} from call_rollup where dimension = 'all'
group by workspace_id, day
"""


def _dimensions(names: str) -> None:
    op.execute("alter table call_rollup drop constraint ck_call_rollup_dimension")
    op.execute("alter table call_rollup add constraint ck_call_rollup_dimension"
               f" check (dimension in ({names}))")  # fmt: skip


def upgrade() -> None:
    op.execute("alter table call_counter add column figures_version bigint not null default 0")
    _dimensions("'all', 'day', 'service', 'number'")
    op.execute("alter table call_rollup no force row level security")
    op.execute(_DAYS)
    op.execute("alter table call_rollup force row level security")


def downgrade() -> None:
    op.execute("alter table call_rollup no force row level security")
    op.execute("delete from call_rollup where dimension = 'day'")
    op.execute("alter table call_rollup force row level security")
    _dimensions("'all', 'service', 'number'")
    op.execute("alter table call_counter drop column figures_version")
