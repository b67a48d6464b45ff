"""The figures against a plain count of the same calls."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.calls.buckets import LENGTHS, RESPONSES
from app.core import tenancy
from app.figures import periods, shown
from app.figures.periods import Period
from tests import support
from tests.calls.test_api import ndjson
from tests.support import Keys, Place

NUMBERS = ("+14155550100", "+14155550101", "+4930901820")
SERVICES = ("0f0e0d0c-0000-4000-8000-000000000001", "0f0e0d0c-0000-4000-8000-000000000002")
ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati")
PASSED_ON = ("transferred", "forwarded", "warm_transfer_completed")
NOBODY = ("abandoned", "no_answer", "voicemail", "no_inbound_audio")


def outcome(call: dict[str, Any]) -> str:
    """What became of an ended call."""
    if call.get("completion_reason") in PASSED_ON:
        return "transferred"
    answered = call["status"] == "completed" and call.get("completion_reason") not in NOBODY
    return "answered" if answered else "unanswered"


def calls_of(days: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Calls of somewhat more than twice as many days."""
    waits = st.lists(st.integers(0, 40_000), max_size=4)
    return st.lists(
        st.fixed_dictionaries({
            "minutes": st.integers(0, int(days * 2.3 * 1440)),
            "status": st.sampled_from(("completed",) * 4 + ("no-answer", "failed", "in-progress")),
            "completion_reason": st.sampled_from((None, "completed", *PASSED_ON, *NOBODY)),
            "escalation_status": st.sampled_from(("none", "none", "requested", "completed")),
            "direction": st.sampled_from(("inbound", "inbound", "outbound", "test")),
            "source": st.sampled_from(("real", "real", "real", "simulated")),
            "duration_seconds": st.none() | st.floats(0, 9000, allow_nan=False),
            "phone_number": st.none() | st.sampled_from(NUMBERS),
            "service_id": st.none() | st.sampled_from(SERVICES),
            "waits": waits,
        }),
        max_size=25,
    )  # fmt: skip


def sent(n: int, made: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The call as a runtime posts it."""
    call = {k: v for k, v in made.items() if k not in ("minutes", "waits")}
    turns = [{"speaker_role": "agent", "text": "Yes.", "started_s": i, "ttfb_ms": ms}
             for i, ms in enumerate(made["waits"])]  # fmt: skip
    started = now - timedelta(minutes=made["minutes"])
    return {**call, "call_sid": f"C{n}", "started_at": started.isoformat(), "turns": turns}


def near(value: float | None, truth: Sequence[float], share: float, bounds: Any) -> bool:
    """Whether a quantile lies in the bucket of the true one."""
    if not truth or value is None:
        return value is None and not truth
    exact = sorted(truth)[max(0, math.ceil(share * len(truth)) - 1)]
    bucket = bisect_right(bounds, exact)
    low = bounds[bucket - 1] if bucket else 0
    high = bounds[bucket] if bucket < len(bounds) else low
    return bool(low - 0.1 <= value <= high + 0.1)


def check(told: dict[str, Any], mine: list[dict[str, Any]]) -> None:
    """Counts are the same; medians and 95th percentiles lie in the bucket of the true ones."""
    assert told["calls"] == len(mine)
    for name in ("answered", "transferred", "unanswered"):
        assert told[name] == sum(outcome(call) == name for call in mine), name
    assert told["escalated"] == sum(call["escalation_status"] != "none" for call in mine)
    lengths = [call["duration_seconds"] for call in mine if call["duration_seconds"] is not None]
    waits = [ms for call in mine for ms in call["waits"]]
    for name, truth, share, bounds in (
        ("length_median_s", lengths, 0.5, LENGTHS), ("length_p95_s", lengths, 0.95, LENGTHS),
        ("response_median_ms", waits, 0.5, RESPONSES), ("response_p95_ms", waits, 0.95, RESPONSES),
    ):  # fmt: skip
        assert near(told[name], truth, share, bounds), (name, told[name], truth)


def counted(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ended real ones."""
    return [call for call in made if call["status"] != "in-progress"
            and call["direction"] != "test" and call["source"] == "real"]  # fmt: skip


@given(data=st.data(), days=st.sampled_from((1, 7, 90)), zone=st.sampled_from(ZONES))
@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_figures_equal_a_plain_count(
    server: Any, api: FlaskClient, data: st.DataObject, days: int, zone: str
) -> None:
    made, now = data.draw(calls_of(days)), datetime.now(UTC)
    cast = support.make_cast(server.url("maintenance"))
    home, keys = f"/v1/{cast.workspace.id}", cast.keys
    api.put(f"{home}/settings/general", json={"time_zone": zone}, headers=keys.admin)
    lines = ndjson(*(sent(n, call, now) for n, call in enumerate(made)))
    stored = api.post(f"{home}/calls/import", data=lines, headers=keys.member).json
    assert stored["refused"] == 0, stored
    told = api.get(f"{home}/analytics/calls?days={days}", headers=keys.viewer).json
    mine: dict[date, list[dict[str, Any]]] = {}
    for call in counted(made):
        call["at"] = (now - timedelta(minutes=call["minutes"])).astimezone(ZoneInfo(zone))
        mine.setdefault(call["at"].date(), []).append(call)
    last = date.fromisoformat(told["date_to"])
    first = date.fromisoformat(told["date_from"])
    assert (last - first).days == days - 1 and told["time_zone"] == zone
    inside = [c for day, found in mine.items() if first <= day <= last for c in found]
    before = [c for day, found in mine.items() if first - timedelta(days=days) <= day < first
              for c in found]  # fmt: skip
    check({name: kpi["value"] for name, kpi in told["kpis"].items()}, inside)
    _compare(told, inside, before)
    for row in told["by_day"]:
        check(row, mine.get(date.fromisoformat(row["date"]), []))
    for row in told["by_hour"]:
        check(row, [c for c in inside if c["at"].hour == row["hour"]])
    for part, key in (("by_service", "service_id"), ("by_number", "phone_number")):
        assert told[part]["total"] == len({c[key] for c in inside} - {None})
        for row in told[part]["items"]:
            check(row, [c for c in inside if c[key] == row[key]])
            assert row["calls_before"] == sum(c[key] == row[key] for c in before)


def _compare(told: dict[str, Any], inside: list[Any], before: list[Any]) -> None:
    delta = told["kpis"]["calls"]["delta_pct"]
    if not before:
        assert delta is None
    else:
        assert delta == round((len(inside) - len(before)) / len(before) * 100, 1)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, periods.MOST_DAYS))
def test_the_days_before_are_as_many_and_end_where_the_period_begins(last: date, n: int) -> None:
    period = Period.last_days(n, last)
    assert len(period.days) == n and period.days[-1] == last
    assert period.compared_to + timedelta(days=1) == period.first
    assert (period.compared_to - period.compared_from).days == n - 1


def test_days_are_the_workspaces_across_both_changes_of_the_clock(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    zone = ZoneInfo("America/New_York")
    home = f"/v1/{workspace.id}"
    api.put(f"{home}/settings/general", json={"time_zone": zone.key}, headers=keys.admin)
    changes = (date(2026, 3, 8), date(2026, 11, 1))
    moments = []
    for change in changes:
        for n in range(-2, 2):
            day = change + timedelta(days=n)
            begins = datetime(day.year, day.month, day.day, tzinfo=zone)
            moments += [begins, begins.replace(hour=23, minute=59, second=59)]
    lines = [{"call_sid": f"D{n}", "started_at": at.isoformat()} for n, at in enumerate(moments)]
    api.post(f"{home}/calls/import", data=ndjson(*lines), headers=keys.member)
    with app.app_context(), tenancy.inside(workspace.id):
        for change in changes:
            period = Period("custom", change, change + timedelta(days=1))
            found = shown.read(workspace.id, period, shown.zone(workspace.id))
            assert (found.now.calls, found.before.calls) == (4, 4)
            assert [found.days[day].calls for day in period.days] == [2, 2]
            assert {hour: sums.calls for hour, sums in found.hours.items()} == {0: 2, 23: 2}
