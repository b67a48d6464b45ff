"""Phone numbers over HTTP: the collection, forwarding, routes, test callers."""

import uuid
from typing import Any

from flask import Response, request

from app.core import collection_store as store
from app.core import pages
from app.core.api import answer
from app.core.collection import Record
from app.core.collection_pages import Faces, register
from app.core.drawn import drawn
from app.core.feature import Feature, Nav
from app.core.identity import actor
from app.core.phones import local
from app.core.setting_pages import register as register_settings
from app.core.setting_pages import version_number

from . import paths
from .declaration import PHONE_NUMBERS, TEST_CALLERS
from .schema import Forwarding

feature = Feature(
    "phone_numbers", __name__,
    nav=[Nav("Phone numbers", "phone", "phone_numbers.index", 20, "PhoneNumber.view", "Answering")],
)  # fmt: skip


@feature.page("/phone-numbers/routes", permission="PhoneNumber.view")
def routes() -> Response:
    """Which number reaches which service, agent and graph."""
    before = version_number(request.args.get("before"), "before") or 0
    found, older = paths.of(actor().here.id, before)
    shown: dict[str, Any] = {"routes": tuple(found), "older": older}
    listed = drawn("phone_numbers/route_list.html", tuple(shown.values()), lambda: shown)
    return pages.render("phone_numbers/routes.html", **shown, first=not before, list=listed)


class NumberFaces(Faces):
    """Forwarding is told by its destination."""

    def cell(self, name: str, record: Record[Any]) -> str:
        forwarding = record.value.forwarding if name == "forwarding" else None
        if isinstance(forwarding, Forwarding):
            where = local(str(getattr(forwarding, "forward_to", "")))
            return where if getattr(forwarding, "enabled", True) else f"{where}, switched off"
        return super().cell(name, record)


register(PHONE_NUMBERS, feature, NumberFaces)
register_settings(TEST_CALLERS, feature)


def _forward(ident: uuid.UUID, forwarding: Forwarding | None) -> Response:
    content = forwarding.model_dump(mode="json") if forwarding else None
    saved = store.update(PHONE_NUMBERS, actor(), ident, {"forwarding": content})
    return answer(PHONE_NUMBERS.out(saved, actor().here.id))


@feature.api("PUT", "/phone-numbers/<uuid:ident>/forwarding", permission="PhoneNumber.update",
             body=Forwarding, response=PHONE_NUMBERS.answer, summary="Set a number's forwarding")  # fmt: skip
def api_forward(ident: uuid.UUID, body: Forwarding) -> Response:
    """Where the agent may pass a caller on."""
    return _forward(ident, body)


@feature.api("DELETE", "/phone-numbers/<uuid:ident>/forwarding", permission="PhoneNumber.update",
             response=PHONE_NUMBERS.answer, summary="Clear a number's forwarding")  # fmt: skip
def api_clear_forwarding(ident: uuid.UUID) -> Response:
    """The agent forwards nobody."""
    return _forward(ident, None)
