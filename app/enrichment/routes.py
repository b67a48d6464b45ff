"""Enrichment over HTTP: the keys as a collection, and the values of an entity."""

import uuid

from flask import Response, flash, request

from app.core.collection_pages import register
from app.core.errors import Invalid, NotFound
from app.core.feature import Feature, Nav
from app.core.identity import actor
from app.core.pages import redirect_to, render
from app.world import actions as world
from app.world import pages

from . import actions, queries, values
from .declaration import KEYS
from .faces import KeyFaces
from .schema import History, HistoryQuery, Value, ValueIn, Values, ValuesQuery

feature = Feature(
    "enrichment", __name__,
    nav=[Nav("Enrichment keys", "tag", "enrichment.index", 52, "EnrichmentKey.view", "Data")],
)  # fmt: skip
register(KEYS, feature, KeyFaces)
ENTITY = "/world/entities/<uuid:ident>/enrichment"
PAGE = "/world/<uuid:ident>/enrichment"
SHOWN = 50


@feature.api("GET", ENTITY, permission="World.view", query=ValuesQuery, response=Values,
             summary="What an entity is enriched with")  # fmt: skip
def api_values(ident: uuid.UUID, query: ValuesQuery) -> Values:
    """The values."""
    row = world.opened(actor(), ident)
    found = list(queries.values(actor().here.id, row).values())
    end = query.offset + query.limit
    more = len(found) > end
    return Values(entity_id=ident, values=found[query.offset : end], has_more=more,
                  next_offset=end if more else None)  # fmt: skip


@feature.api("GET", ENTITY + "/<key>", permission="World.view", response=Value,
             summary="What an entity has for one key")  # fmt: skip
def api_value(ident: uuid.UUID, key: str) -> Value:
    """One value."""
    row = world.opened(actor(), ident)
    found = queries.values(actor().here.id, row).get(key)
    if found is None:
        raise NotFound("It has no value for this key.")
    return found


@feature.api("PUT", ENTITY + "/<key>", permission="World.update", body=ValueIn, response=Value,
             summary="Say what an entity has for a key",
             description="Kept as an event `entity.enriched`, which supersedes what the same source"
             " said before; of several sources the surest counts, then the last. The key must be"
             " registered for the entity's type. The same value again changes nothing; null takes"
             " away what the source said.")  # fmt: skip
def api_say(ident: uuid.UUID, key: str, body: ValueIn) -> Value:
    """Say a value."""
    return queries.value(actor().here.id, actions.say(actor(), ident, key, body))


@feature.api("GET", ENTITY + "/<key>/history", permission="World.view", query=HistoryQuery,
             response=History, summary="Everything that was said about a key of an entity")  # fmt: skip
def api_history(ident: uuid.UUID, key: str, query: HistoryQuery) -> History:
    """History."""
    world.opened(actor(), ident)
    return History(entity_id=ident, key=key,
                   history=queries.history(actor().here.id, ident, key, query.limit))  # fmt: skip


@feature.page(PAGE, permission="World.view")
def listed(ident: uuid.UUID) -> Response:
    """Everything that can be said of an entity beyond its records, and what was."""
    place = actor().here.id
    row = world.opened(actor(), ident)
    return render("enrichment/listed.html", ident=ident, kind=row[1], sure=pages.sure,
                  name=pages.named(row[1], row[4]), values=queries.values(place, row),
                  keys=queries.keys(place, row[1]), shown=values.told)  # fmt: skip


@feature.page(PAGE + "/<key>", permission="World.view")
def value(ident: uuid.UUID, key: str) -> Response:
    """What an entity has for a key, and what was said before."""
    return _value(ident, key)


def _value(ident: uuid.UUID, key: str, typed: str | None = None, wrong: str = "") -> Response:
    place = actor().here.id
    row = world.opened(actor(), ident)
    known, held = queries.key(place, row[1], key), queries.values(place, row).get(key)
    said = queries.history(place, ident, key, SHOWN)
    if known is None and not said:
        raise NotFound("There is no enrichment key of this name.")
    return render(
        "enrichment/value.html", 422 if wrong else 200, ident=ident, wrong=wrong, key=known,
        name=pages.named(row[1], row[4]), label=known.label if known else pages.label(key),
        typed=values.shown(held.value if held else None) if typed is None else typed, held=held,
        said=said, shown=values.told, sure=pages.sure, field=key,
        choices=values.choices(known.value_type, known.allowed_values) if known else [],
        may=known is not None and actions.sureness(known, held is not None) is not None,
    )  # fmt: skip


@feature.page(PAGE + "/<key>", permission="World.update", methods=["POST"])
def enter(ident: uuid.UUID, key: str) -> Response:
    """Keep what was typed."""
    typed = request.form.get("value", "")
    try:
        actions.enter(actor(), ident, key, typed)
    except Invalid as refused:
        return _value(ident, key, typed, next(iter(refused.messages.values())))
    flash("Kept.", "ok")
    return redirect_to("enrichment.value", ident=ident, key=key)
