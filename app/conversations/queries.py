"""Reading conversations: the calls whose channel is not the voice."""

import uuid
from typing import Any

from app.calls import queries as calls
from app.calls.schema import RUNNING, CallOut
from app.core import database
from app.core.errors import NotFound

from .schema import ConversationOut, ConversationPage, ConversationQuery, ConversationWhole

COUNTED = 10_000
_COLUMNS = """
id, workspace_id, call_sid, number, service_id, service_name, configuration ->> 'entity_id',
configuration ->> 'auto_greet', channel_kind, status, started_at, updated_at, ended_at, turn_count
"""
_STATUS = {
    None: "",
    "active": f"and status in {RUNNING}",
    "closed": f"and status not in {(*RUNNING, 'failed')}",
    "failed": "and status = 'failed'",
}
_MEANT = {"in-progress": "active", "completed": "closed"}
_TEXT = "from call where workspace_id = %(workspace_id)s and channel_kind <> 'voice'"
_CHANNEL = {False: "", True: "and channel_kind = %(channel)s"}
_WHERE = {
    (status, chosen): f"{_TEXT} {wanted} {channel}"
    for status, wanted in _STATUS.items()
    for chosen, channel in _CHANNEL.items()
}
_PAGE = {
    key: f"select {_COLUMNS} {where} order by started_at desc, number desc"
    " limit %(take)s offset %(skip)s"
    for key, where in _WHERE.items()
}
_COUNT = {
    key: f"select count(*) from (select 1 {where} limit {COUNTED}) counted"
    for key, where in _WHERE.items()
}
_ONE = f"select {_COLUMNS} {_TEXT} and"
_BY_ID, _BY_SID = f"{_ONE} id = %(id)s", f"{_ONE} call_sid = %(sid)s"


def _out(row: database.Row) -> dict[str, Any]:
    names = list(ConversationOut.model_fields)
    names.remove("lifecycle")
    found = dict(zip(names[:6], row[:6], strict=True))
    entity, greet, channel, status, started, updated, ended, count = row[6:]
    running = status in RUNNING
    return found | {
        "entity_id": entity, "auto_greet": greet == "true", "channel_kind": channel,
        "status": "active" if running else "failed" if status == "failed" else "closed",
        "lifecycle": "active" if running else "closed", "started_at": started,
        "updated_at": updated, "ended_at": ended, "turn_count": count,
    }  # fmt: skip


def page(workspace_id: uuid.UUID, query: ConversationQuery) -> ConversationPage:
    """One page, the conversation that began last first."""
    wanted = _MEANT.get(query.status or "", query.status)
    if wanted == "frozen":
        return ConversationPage(items=[], total=0, has_more=False)
    key = (wanted, query.channel_kind is not None)
    params = {
        "workspace_id": workspace_id, "channel": query.channel_kind, "take": query.limit + 1,
        "skip": query.offset,
    }  # fmt: skip
    rows = database.rows(_PAGE[key], params)
    return ConversationPage(
        items=[ConversationOut(**_out(row)) for row in rows[: query.limit]],
        total=int(database.value(_COUNT[key], params)), has_more=len(rows) > query.limit,
    )  # fmt: skip


def one(workspace_id: uuid.UUID, ident: str) -> ConversationOut:
    """A conversation by id or call_sid. Raises NotFound, also for a call by voice."""
    found = calls.by_name(_BY_ID, _BY_SID, {"workspace_id": workspace_id}, ident)
    if found is None:
        raise NotFound.of("conversation")
    return ConversationOut(**_out(found))


def whole(workspace_id: uuid.UUID, ident: str) -> ConversationWhole:
    """The same with all that was written."""
    found = one(workspace_id, ident)
    call: CallOut = calls.whole(workspace_id, str(found.id))
    return ConversationWhole.model_construct(**dict(found), turns=call.turns)
