"""Operators over HTTP: the collection's pages and JSON, and who is on duty."""

from flask import Response

from app.core.collection_pages import register
from app.core.drawn import drawn
from app.core.feature import Feature, Nav
from app.core.identity import actor
from app.core.pages import render

from . import duty
from .declaration import OPERATORS

feature = Feature(
    "operators", __name__,
    nav=[Nav("Operators", "headset", "operators.index", 42, "Operator.view", "Care")],
)  # fmt: skip


@feature.page("/operators/on-duty", permission="Operator.view")
def on_duty() -> Response:
    """Who would take a call that is handed over now."""
    now = duty.of(actor().here.id)
    desk = drawn(
        "operators/desk.html", (now.answers, now.people),
        lambda: {"duty": now, "states": duty.STATUS, "types": duty.TYPES},
    )  # fmt: skip
    return render("operators/on_duty.html", duty=now, desk=desk)


register(OPERATORS, feature)
