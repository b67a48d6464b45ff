"""The overview: figures and next steps, from what the other features know."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.accounts import queries as accounts
from app.calls import queries as calls
from app.calls import views as call_views
from app.core import database
from app.core.identity import Actor

RECENT = 6

_READY = """
select v.updated_by, v.updated_at,
  exists (select from operator where workspace_id = %(workspace_id)s)
from (select 1) nothing
left join setting v on v.workspace_id = %(workspace_id)s and v.name = 'voice'
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next, for those who may."""

    icon: str
    title: str
    text: str
    endpoint: str
    permission: str


@dataclass(frozen=True, slots=True)
class Week:
    """The calls of the last seven days (UTC), the newest 70,000 at most."""

    days: list[tuple[str, int]]
    outcomes: list[tuple[str, str, str, int]]
    calls: int
    escalated: int

    @property
    def top(self) -> int:
        """A round number, divisible by four, at or above the busiest day."""
        highest = max(count for _, count in self.days)
        step = 4 * int("1" + "0" * max(0, len(str(highest)) - 2))
        return max(4, -(-highest // step) * step)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows."""

    stored: int
    week: Week
    members: int
    voice_by: str | None
    voice_at: datetime | None
    recent: list[database.Row]
    steps: list[Step]


SET_VOICE = Step("audio-lines", "Set the voice",
                 "How the agent sounds, and the words it must get right.",
                 "voice.voice", "VoiceSettings.update")  # fmt: skip
ADD_OPERATOR = Step("headset", "Add an operator",
                    "Somebody must take the calls that the agent should not go on with.",
                    "operators.new", "Operator.create")  # fmt: skip
INVITE = Step("user-plus", "Invite your team", "Each person signs in with their own role.",
              "accounts.index", "Account.create")  # fmt: skip
SEND_CALL = Step("key-round", "Send the first call", "Create an API key and post calls with it.",
                 "api_keys.index", "ApiKey.create")  # fmt: skip


def _steps(actor: Actor, stored: int, members: int, voice: bool, operators: bool) -> list[Step]:
    missing = (
        (not voice, SET_VOICE), (not operators, ADD_OPERATOR), (members < 2, INVITE),
        (not stored, SEND_CALL),
    )  # fmt: skip
    return [step for needed, step in missing if needed and actor.may(step.permission)]


def _recent(workspace_id: uuid.UUID) -> list[database.Row]:
    everything = calls.CallFilter()  # type: ignore[attr-defined]  # its schema is its own affair
    return calls.short_page(workspace_id, everything, None, RECENT)[:RECENT]


def _week(workspace_id: uuid.UUID, today: date) -> Week:
    first = today - timedelta(days=6)
    days = {first + timedelta(days=n): 0 for n in range(7)}
    outcomes: Counter[tuple[str, str, str]] = Counter()
    escalated = 0
    for day, status, reason, count, handed_over in calls.week(workspace_id, first):
        days[day] += count
        outcomes[call_views.outcome(status, reason)] += count
        escalated += handed_over
    return Week(
        [(f"{day:%a}", count) for day, count in days.items()],
        [(*look, count) for look, count in outcomes.most_common()],
        sum(days.values()),
        escalated,
    )


def of(actor: Actor) -> Overview:
    """The overview of the workspace the actor is in."""
    here = actor.here.id
    stored, members = calls.stored(here), accounts.count(here)
    week = _week(here, datetime.now(UTC).date())
    by, at, operators = database.rows(_READY, {"workspace_id": here})[0]
    recent = _recent(here) if stored else []
    steps = _steps(actor, stored, members, at is not None, operators)
    return Overview(stored, week, members, by, at, recent, steps)
