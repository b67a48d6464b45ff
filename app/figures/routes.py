"""The figures of calls over HTTP: a page and its JSON twin."""

from datetime import date

from flask import Response, request, url_for
from pydantic import ValidationError

from app.core.drawn import drawn
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import framed
from app.core.schema import plain

from . import answers, periods, shown, views
from .periods import Period, PeriodError, PeriodQuery
from .schema import Analytics, AnalyticsQuery

feature = Feature("figures", __name__)


def _period(today: date) -> tuple[Period, dict[str, str], dict[str, str]]:
    """The period of the URL, what was given, and a message for each value that was not valid."""
    given = {n: v for n in PeriodQuery.model_fields if (v := request.args.get(n, "").strip())}
    try:
        return periods.chosen(PeriodQuery.model_validate(given), today), given, {}
    except ValidationError as error:
        wrong = {str(p["loc"][0]): p["msg"] for p in plain(error.errors(include_url=False))}
    except PeriodError as error:
        wrong = {error.field: error.sentence}
    return Period.preset(periods.USUAL, today), given, wrong


@feature.page("/calls/figures", permission="Call.view")
def index() -> Response:
    """How the lines do: counts and times of some days, against the days before."""
    place, zone = actor().here.id, shown.zone(actor().here.id)
    today = zone.today()
    period, given, wrong = _period(today)
    found = shown.read(place, period, zone)
    asked = tuple(given.items()), tuple(wrong.items())
    body = drawn(
        "figures/body.html", (found.key, today, zone.wanted, zone.stored > 0, asked), lambda: {
            "zone": zone, "given": given, "wrong": wrong,
            **views.page(found, today, url_for("calls.index")),
        }, keep=not wrong,
    )  # fmt: skip
    return framed("Figures", body, status=422 if wrong else 200)


@feature.api("GET", "/analytics/calls", permission="Call.view", query=AnalyticsQuery,
             response=Analytics, summary="Figures of the calls of some days",
             description="Ended real calls, by day, hour, service and number, each figure against"
             " as many days before. Today counts although it is not over.")  # fmt: skip
def get_figures(query: AnalyticsQuery) -> Analytics:
    """The figures of the last days."""
    place = actor().here.id
    zone = shown.zone(place)
    period = Period.last_days(query.days, zone.today())
    return answers.of(shown.read(place, period, zone))
