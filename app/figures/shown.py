"""The figures of a period, read once for the page and for its JSON twin."""

import uuid
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.calls import zones

from . import queries
from .periods import Period
from .queries import Ranking
from .sums import Sums


@dataclass(frozen=True, slots=True)
class Zone:
    """The time zone the figures are counted in; `wanted` is the one of the settings.

    They differ for a moment after the settings changed, until the figures are counted anew.
    """

    name: str
    wanted: str
    stored: int

    def today(self) -> date:
        """The day it is there now."""
        return datetime.now(ZoneInfo(self.name)).date()


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted in the period and in as many days before it."""

    period: Period
    zone: str
    now: Sums
    before: Sums
    days: Mapping[date, Sums]
    hours: Mapping[int, Sums]
    services: Ranking
    numbers: Ranking
    names: Mapping[str, tuple[str, bool]]

    @property
    def key(self) -> Hashable:
        """All of it, to find again what was drawn of it."""
        each = (tuple(some.items()) for some in (self.days, self.hours, self.names))
        return self.period, self.zone, self.services, self.numbers, *each


def zone(workspace_id: uuid.UUID) -> Zone:
    """Where the days of the figures begin, and how many calls there are at all."""
    counted, stored = queries.counter(workspace_id)
    wanted = zones.zone_name(workspace_id)
    return Zone(counted or wanted, wanted, stored)


def read(workspace_id: uuid.UUID, period: Period, zone_name: str) -> Figures:
    """Everything that the page and the JSON tell."""
    days, hours = queries.by_day_and_hour(
        workspace_id, period.compared_from, period.first, period.last
    )
    busiest = queries.busiest(workspace_id, period.compared_from, period.first, period.last)
    keys = [group.key for group in busiest["service"].groups]
    return Figures(
        period,
        zone_name,
        Sums.total(sums for day, sums in days.items() if day >= period.first),
        Sums.total(sums for day, sums in days.items() if day < period.first),
        days,
        hours,
        busiest["service"],
        busiest["number"],
        queries.service_names(workspace_id, keys),
    )
