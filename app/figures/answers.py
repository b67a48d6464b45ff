"""The figures in the shape of the JSON API."""

from collections.abc import Mapping
from typing import Any

from .measures import LENGTH, MEDIAN, MOST, RESPONSE
from .queries import Ranking
from .schema import (
    Analytics,
    Kpi,
    Kpis,
    Numbers,
    OfDay,
    OfHour,
    OfNumber,
    OfService,
    Others,
    Services,
)
from .shown import Figures
from .sums import COUNTS, Sums, delta_pct

TIMES = {
    "length_median_s": (LENGTH, MEDIAN),
    "length_p95_s": (LENGTH, MOST),
    "response_median_ms": (RESPONSE, MEDIAN),
    "response_p95_ms": (RESPONSE, MOST),
}


def _values(sums: Sums) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(sums, name) for name in COUNTS}
    for name, (measure, share) in TIMES.items():
        value = getattr(sums, measure.name)(share)
        found[name] = None if value is None else round(value, 1)
    return found


def _kpis(now: Sums, before: Sums) -> Kpis:
    mine, theirs = _values(now), _values(before)
    return Kpis(**{
        name: Kpi(value=value, delta_pct=delta_pct(value, theirs[name]))
        for name, value in mine.items()
    })  # fmt: skip


def _others(found: Ranking) -> Others | None:
    if not found.other_count:
        return None
    return Others(count=found.other_count, **_values(found.others))


def _services(found: Ranking, names: Mapping[str, tuple[str, bool]]) -> Services:
    items = [
        OfService.model_validate(
            {"service_id": group.key, "name": names[group.key][0], "calls_before": group.before}
            | _values(group.sums)
        )
        for group in found.groups
    ]
    return Services(
        items=items, others=_others(found), total=len(items) + found.other_count
    )  # fmt: skip


def _numbers(found: Ranking) -> Numbers:
    items = [
        OfNumber(phone_number=group.key, calls_before=group.before, **_values(group.sums))
        for group in found.groups
    ]
    return Numbers(items=items, others=_others(found), total=len(items) + found.other_count)


def of(found: Figures) -> Analytics:
    """Everything, each day and each hour also where nobody called."""
    period = found.period
    return Analytics(
        time_zone=found.zone,
        date_from=period.first,
        date_to=period.last,
        compared_from=period.compared_from,
        compared_to=period.compared_to,
        kpis=_kpis(found.now, found.before),
        by_day=[
            OfDay(date=day, **_values(found.days.get(day, Sums()))) for day in period.days
        ],
        by_hour=[
            OfHour(hour=hour, **_values(found.hours.get(hour, Sums()))) for hour in range(24)
        ],
        by_service=_services(found.services, found.names),
        by_number=_numbers(found.numbers),
    )  # fmt: skip
