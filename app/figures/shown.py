"""The figures of a period, read once for the page and for its JSON twin."""

import uuid
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.calls import zones

from . import queries
from .periods import Period
from .queries import Ranking
from .sums import Sums

REMEMBERED = 16
"""Periods of some workspace that a process keeps as they were counted."""


@dataclass(frozen=True, slots=True)
class Zone:
    """The time zone the figures are counted in; `wanted` is the one of the settings.

    They differ for a moment after the settings changed, until the figures are counted anew.
    `version` changes with every figure.
    """

    name: str
    wanted: str
    stored: int
    version: int

    def today(self) -> date:
        """The day it is there now."""
        return datetime.now(ZoneInfo(self.name)).date()


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted in the period and in as many days before it."""

    version: int
    period: Period
    zone: str
    now: Sums
    before: Sums
    days: Mapping[date, Sums]
    hours: Mapping[int, Sums]
    services: Ranking
    numbers: Ranking
    names: Mapping[str, tuple[str, bool]] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        """What tells these figures of a workspace from its others."""
        return self.version, self.period, self.zone, tuple(self.names.items())


def zone(workspace_id: uuid.UUID) -> Zone:
    """Where the days of the figures begin, and how many calls there are at all."""
    counted, stored, version = queries.counter(workspace_id)
    wanted = zones.zone_name(workspace_id)
    return Zone(counted or wanted, wanted, stored, version)


@lru_cache(REMEMBERED)
def _summed(workspace_id: uuid.UUID, version: int, period: Period, zone_name: str) -> Figures:
    days, hours = queries.by_day_and_hour(
        workspace_id, period.compared_from, period.first, period.last
    )
    busiest = queries.busiest(workspace_id, period.compared_from, period.first, period.last)
    return Figures(
        version, period, zone_name,
        Sums.total(sums for day, sums in days.items() if day >= period.first),
        Sums.total(sums for day, sums in days.items() if day < period.first),
        days, hours, busiest["service"], busiest["number"],
    )  # fmt: skip


def read(workspace_id: uuid.UUID, period: Period, zone: Zone) -> Figures:
    """Everything that the page and the JSON tell, summed up once for each version."""
    summed = _summed(workspace_id, zone.version, period, zone.name)
    keys = [group.key for group in summed.services.groups]
    return replace(summed, names=queries.service_names(workspace_id, keys))
