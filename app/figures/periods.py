"""Which days the figures are of, and with which days they are compared."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from annotated_types import Ge, Le
from pydantic import BaseModel

from app.core.formats import day_text

PRESETS = {"today": 1, "7": 7, "30": 30, "90": 90}
WORDS = {"today": "Today", "7": "7 days", "30": "30 days", "90": "90 days"}
USUAL = "7"
MOST_DAYS = 92
TOO_LONG = f"Choose at most {MOST_DAYS} days."
BACKWARDS = "The last day is before the first."
OPEN = "Enter the first day."


class PeriodQuery(BaseModel):
    """Some days up to today, or from one day to another, both inclusive."""

    period: Literal["today", "7", "30", "90", "custom"] | None = None
    date_from: Annotated[date, Ge(date(1970, 1, 1)), Le(date(9000, 1, 1))] | None = None
    date_to: Annotated[date, Ge(date(1970, 1, 1)), Le(date(9000, 1, 1))] | None = None


class PeriodError(ValueError):
    """Days that make no period: the field, and a sentence for it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the workspace, both inclusive; `name` is that of the query string."""

    name: str
    first: date
    last: date

    @classmethod
    def preset(cls, name: str, today: date) -> Self:
        """One of the usual ones."""
        return cls.last_days(PRESETS[name], today, name)

    @classmethod
    def last_days(cls, count: int, today: date, name: str = "custom") -> Self:
        """So many days up to today."""
        return cls(name, today - timedelta(days=count - 1), today)

    @property
    def days(self) -> list[date]:
        """Each day."""
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=n) for n in range(count)]

    @property
    def compared_from(self) -> date:
        """The first of as many days before."""
        return self.first - (self.last - self.first) - timedelta(days=1)

    @property
    def compared_to(self) -> date:
        """The last of the days before."""
        return self.first - timedelta(days=1)

    def words(self) -> str:
        """15 to 21 Nov 2026."""
        return between(self.first, self.last)

    def words_before(self) -> str:
        """The days it is compared with."""
        return between(self.compared_from, self.compared_to)


def between(first: date, last: date) -> str:
    """Two days in words, without saying anything twice."""
    if first == last:
        return day_text(first)
    if first.year != last.year:
        return f"{day_text(first)} to {day_text(last)}"
    start = str(first.day) if first.month == last.month else day_text(first, year=False)
    return f"{start} to {day_text(last)}"


def chosen(query: PeriodQuery, today: date) -> Period:
    """The period that was asked for. Raises PeriodError."""
    if query.period in PRESETS:
        return Period.preset(query.period, today)
    if query.period is None and query.date_from is None and query.date_to is None:
        return Period.preset(USUAL, today)
    if query.date_from is None:
        raise PeriodError("date_from", OPEN)
    last = query.date_to or max(today, query.date_from)
    if last < query.date_from:
        raise PeriodError("date_to", BACKWARDS)
    if (last - query.date_from).days >= MOST_DAYS:
        raise PeriodError("date_to", TOO_LONG)
    return Period("custom", query.date_from, last)
