"""The figures of calls as JSON."""

import uuid
from datetime import date
from typing import Annotated

from annotated_types import Ge, Le
from pydantic import BaseModel


class AnalyticsQuery(BaseModel):
    """So many days up to today, in the workspace's time zone; today is not over yet."""

    days: Annotated[int, Ge(1), Le(90)] = 30


class Kpi(BaseModel):
    """A figure, and by how many percent it differs from that of the days before.

    `delta_pct` is null where there is nothing to compare with.
    """

    value: float | None
    delta_pct: float | None


class Kpis(BaseModel):
    """Lengths are in seconds, response times in milliseconds."""

    calls: Kpi
    answered: Kpi
    transferred: Kpi
    unanswered: Kpi
    escalated: Kpi
    length_median_s: Kpi
    length_p95_s: Kpi
    response_median_ms: Kpi
    response_p95_ms: Kpi


class Counted(BaseModel):
    """What was counted. Percentiles come from buckets: a quarter off at most, responses a fifth."""

    calls: int
    answered: int
    transferred: int
    unanswered: int
    escalated: int
    length_median_s: float | None
    length_p95_s: float | None
    response_median_ms: float | None
    response_p95_ms: float | None


class OfDay(Counted):
    """A day of the workspace."""

    date: date


class OfHour(Counted):
    """An hour of the day, 0 to 23."""

    hour: int


class OfService(Counted):
    """A service by its name now, or the last that calls carried."""

    service_id: uuid.UUID
    name: str
    calls_before: int


class OfNumber(Counted):
    """One of our numbers."""

    phone_number: str
    calls_before: int


class Others(Counted):
    """So many together that are not among the busiest."""

    count: int


class Services(BaseModel):
    """The 20 busiest, and the others together."""

    items: list[OfService]
    others: Others | None
    total: int


class Numbers(BaseModel):
    """The 20 busiest, and the others together."""

    items: list[OfNumber]
    others: Others | None
    total: int


class Analytics(BaseModel):
    """Ended real calls of some days, against as many days before."""

    time_zone: str
    date_from: date
    date_to: date
    compared_from: date
    compared_to: date
    kpis: Kpis
    by_day: list[OfDay]
    by_hour: list[OfHour]
    by_service: Services
    by_number: Numbers
