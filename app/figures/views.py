"""What the page of figures shows, made ready for the template."""

from datetime import date
from typing import Any

from app.core import formats

from . import cards, charts, periods, tables
from .links import Links
from .measures import LENGTH, RESPONSE
from .shown import Figures


def page(found: Figures, today: date, base: str) -> dict[str, Any]:
    """The template's values; `base` is the address of the list of calls.

    Of a single day the hours are told instead, and one that is not over is not compared.
    """
    period, calls = found.period, found.now.calls
    whole = period.first != today
    links = Links(base, period.first, period.last)
    days = tables.day_points(found.days, period, links)
    hours = tables.hour_points(found.hours, links)
    what, along = ("Day", days) if len(days) > 1 else ("Hour", hours)
    return {
        "found": found, "period": period, "presets": periods.WORDS, "heads": tables.EVERYTHING,
        "legend": charts.LEGEND, "lines": charts.LINES, "ongoing": period.first <= today <= period.last,
        "cards": cards.cards(found.now, found.before, links, whole),
        "along": what.lower(), "by_day": tables.told("Day", tables.COUNTED, days),
        "by_hour": tables.told("Hour", tables.EVERYTHING, hours),
        "of_lengths": tables.told(what, ("Calls", *tables.LENGTHS), along),
        "of_responses": tables.told(what, ("Calls", *tables.RESPONSES), along),
        "days": charts.bars(days) if along is days else None, "hours": charts.bars(hours),
        "lengths": charts.lines(along, LENGTH), "responses": charts.lines(along, RESPONSE),
        "services": tables.ranking(
            found.services, links, lambda key: found.names[key][0], "service_id", calls, whole),
        "numbers": tables.ranking(
            found.numbers, links, formats.phone, "phone_number", calls, whole),
    }  # fmt: skip
