"""The SQL of a collection, made from its declaration."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .collection import Collection, Ref

DELETED = "deleted"
COUNTED = 10_000
OFFERED = 500


def ref_sql(name: str, ref: "Ref") -> str:
    """The name of what a field points at."""
    return (
        f"select r.{ref.target.label} from {ref.target.table} r"
        f" where r.workspace_id = t.workspace_id and r.id = t.{name}"
    )


class Statements:
    """The SQL of one collection, written once from its declaration."""

    def __init__(self, of: "Collection[Any]") -> None:
        names = list(of.schema.model_fields)
        columns = ", ".join(names)
        mine = f"from {of.table} t where workspace_id = %(workspace_id)s"
        base = "id, number, version, created_at, updated_at, updated_by"
        read = ", ".join([columns, *(f"({derived.sql})" for derived in of.extras.values())])
        words = " || ' ' || ".join(f"coalesce({name}, '')" for name in of.search)
        wanted = "".join(
            f" and (%({name})s::text[] is null or {name}::text = any(%({name})s::text[]))"
            for name in of.filters
        )
        dialled = "".join(
            f" or (%(digits)s <> '' and {name} like '%%' || %(digits)s || '%%')"
            for name in of.phones
        )
        found = (
            f"{mine} and (%(search)s::text is null or {words} ilike %(search)s{dialled}){wanted}"
        )
        self.one = f"select {base}, {read} {mine} and id = %(id)s"
        self.page = (
            f"select {base}, {read} {found} and number < %(before)s"
            " order by number desc limit %(take)s"
        )
        self.sorted = {
            sort: f"select {base}, {read} {found} order by {order} limit %(take)s offset %(skip)s"
            for sort, order in (
                ("name", f"lower({of.label}), id"), ("-name", f"lower({of.label}) desc, id desc"),
                ("created_at", "number"), ("-created_at", "number desc"),
                ("updated_at", "updated_at, id"), ("-updated_at", "updated_at desc, id desc"),
            )
        }  # fmt: skip
        self.by_label = f"select {base}, {read} {mine} and {of.label} = %(label)s"
        self.count = f"select count(*) from (select 1 {found} limit {COUNTED}) counted"
        self.insert = (
            f"insert into {of.table} (workspace_id, id, number, version, updated_by, {columns})"
            " select %(workspace_id)s, coalesce(%(id)s::uuid, uuidv7()),"
            f" (select coalesce(max(number), 0) + 1 {mine}), %(version)s, %(updated_by)s, "
            + ", ".join(f"%({name})s" for name in names)
            + " on conflict (workspace_id, id) do nothing returning id"
        )
        self.update = (
            f"update {of.table} set version = version + 1, updated_at = now(),"
            " updated_by = %(updated_by)s, "
            + ", ".join(f"{name} = %({name})s" for name in names)
            + " where workspace_id = %(workspace_id)s and id = %(id)s and version = %(version)s"
        )
        self.delete = f"delete {mine} and id = %(id)s"
        # One writer a collection and workspace at a time: numbers follow each other.
        self.lock = (
            "select pg_advisory_xact_lock("
            f"hashtextextended('{of.table}' || %(workspace_id)s::text, 0))"
        )
        # Every list a form offers, in one statement: the newest 500 of each, and the chosen one.
        self.offers = " union all ".join(
            f"(select '{name}', id::text, {ref.target.label} from {ref.target.table}"
            f" where workspace_id = %(workspace_id)s"
            f" order by (id::text = %({name})s) desc, number desc limit {OFFERED})"
            for name, ref in of.refs.items()
        )
        self.gone = f"""
            select distinct on (r.resource_id) r.resource_id, r.number, r.value, r.actor_label,
              r.created_at
            from revision r where r.workspace_id = %(workspace_id)s
              and r.resource_type = '{of.table}' and r.label = '{DELETED}'
              and not exists (select from {of.table} t where t.workspace_id = %(workspace_id)s
                and t.id::text = r.resource_id)
            order by r.resource_id, r.number desc limit 200
        """
