"""The page of figures, the week on the overview, and where their links lead."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.database import recorded
from app.figures import queries
from app.figures.cards import count_change, time_change
from app.figures.measures import LENGTH, RESPONSE
from tests.calls.test_api import TURNS, ndjson
from tests.setup import Maker
from tests.support import Keys, Place, text

LINK = re.compile(r'<a [^>]*?href="([^"]*/calls\?[^"]*)"[^>]*>(.*?)</a>', re.S)
TITLE = re.compile(r"<title>[^<]*?: (.*?)</title>")
MIX: list[dict[str, Any]] = [
    {}, {"completion_reason": "transferred"}, {"status": "no-answer"}, {"escalation_status":
    "requested"}, {"direction": "test"}, {"source": "simulated"}, {"status": "in-progress"},
    {"service_id": None}, {"phone_number": None}, {"completion_reason": "abandoned"},
]  # fmt: skip
LINE, SERVICE = "+14155550120", "0f0e0d0c-0000-4000-8000-00000000000a"


def figures(place: Place, query: str = "") -> str:
    return f"/w/{place.slug}/calls/figures{query}"


def fill(api: FlaskClient, keys: Keys, place: Place, days: int = 4) -> None:
    """Each kind of call on each of some days."""
    now, lines = datetime.now(UTC), []
    for day in range(days):
        for n, more in enumerate(MIX * (1 + day % 2)):
            started = now - timedelta(days=day, minutes=13 * n)
            lines.append({
                "call_sid": f"M{day}.{n}", "started_at": started.isoformat(),
                "duration_seconds": 20 + n, "phone_number": LINE, "service_id": SERVICE,
                "service_name": "Front desk", "turns": TURNS, **more,
            })  # fmt: skip
    sent = {"data": ndjson(*lines), "headers": keys.member}
    stored = api.post(f"/v1/{place.id}/calls/import", **sent).json
    assert stored["stored"] == len(lines), stored


def counted(words: str) -> int:
    """What a link says that it leads to."""
    title = TITLE.search(words)
    if title is None:
        return int(re.sub(r"<[^>]+>|,", "", words))
    return sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) \w+ed\b", title[1]))


def assert_links_lead_to_what_they_say(
    page: str, api: FlaskClient, keys: Keys, place: Place
) -> int:
    links = {(html.unescape(href), words) for href, words in LINK.findall(page)}
    for href, words in links:
        if re.search(r"\b(ms|s|min)\b|–", words) and "<title>" not in words:
            continue
        if "95 of 100" in words or "no calls" in words:
            continue
        query = dict(parse_qsl(href.partition("?")[2]))
        found = api.get(f"/v1/{place.id}/calls", query_string=query, headers=keys.viewer)
        assert found.status_code == 200, found.data
        assert found.json["total"] == counted(words), (href, words)
    return len(links)


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_every_link_leads_to_exactly_the_calls_that_were_counted(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, zone: str
) -> None:
    api.put(f"/v1/{workspace.id}/settings/general", json={"time_zone": zone}, headers=keys.admin)
    fill(api, keys, workspace)
    for query in ("", "?period=today", "?period=30"):
        page = text(as_viewer.get(figures(workspace, query)))
        assert assert_links_lead_to_what_they_say(page, api, keys, workspace) > 40
    overview = text(as_viewer.get(f"/w/{workspace.slug}/"))
    assert assert_links_lead_to_what_they_say(overview, api, keys, workspace) > 20


def test_the_list_behind_a_figure_shows_its_calls(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace)
    page = text(as_viewer.get(figures(workspace)))
    href, said = next((h, w) for h, w in LINK.findall(page) if "outcome=transferred" in h)
    listed = text(as_viewer.get(html.unescape(href)))
    assert listed.count('data-l="Started"') == counted(said) > 0


def test_both_tell_the_same_numbers(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace)
    told = api.get(f"/v1/{workspace.id}/analytics/calls?days=7", headers=keys.viewer).json
    page, overview = (text(as_viewer.get(u)) for u in (figures(workspace), f"/w/{workspace.slug}/"))
    for name in ("answered", "transferred", "unanswered"):
        value = told["kpis"][name]["value"]
        assert value > 0
        card = rf'<h2>{name.capitalize()}</h2><p class="big"><a [^>]+>{value:,.0f}</a>'
        assert re.search(card, page) and re.search(card, overview)
    assert f"{told['kpis']['calls']['value']:,.0f} calls that have ended" in page


def test_only_the_busiest_are_named_and_the_rest_is_summed(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    now = datetime.now(UTC).isoformat()
    lines = [
        {"call_sid": f"{n}.{k}", "started_at": now, "phone_number": f"+1415555{1000 + n}",
         "service_id": f"0f0e0d0c-0000-4000-8000-{n:012}", "service_name": f"Desk {n}"}
        for n in range(25) for k in range(25 - n)
    ]  # fmt: skip
    api.post(f"/v1/{workspace.id}/calls/import", data=ndjson(*lines), headers=keys.member)
    told = api.get(f"/v1/{workspace.id}/analytics/calls?days=1", headers=keys.viewer).json
    for part in (told["by_service"], told["by_number"]):
        assert [row["calls"] for row in part["items"]] == list(range(25, 5, -1))
        assert (part["total"], part["others"]["count"]) == (25, 5)
        assert part["others"]["calls"] == 15
    page = text(as_viewer.get(figures(workspace, "?period=today")))
    assert "The 20 busiest of 25 services with calls" in page and "5 others together" in page
    assert "Desk 19" in page and "Desk 20" not in page


def test_a_service_has_its_name_of_now_and_a_deleted_one_the_last_that_calls_carried(
    maker: Maker, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    made = maker.service()
    lines = [{"call_sid": f"S{n}", "started_at": datetime.now(UTC).isoformat(),
              "service_id": made["id"], "service_name": f"Carried {n}"} for n in range(3)]  # fmt: skip
    api.post(f"/v1/{workspace.id}/calls/import", data=ndjson(*lines), headers=keys.member)
    page = text(as_viewer.get(figures(workspace)))
    assert made["name"] in page and "Carried" not in page
    api.delete(f"/v1/{workspace.id}/services/{made['id']}", headers=keys.admin)
    page = text(as_viewer.get(figures(workspace)))
    assert "Carried 2" in page and made["name"] not in page


def test_calls_without_a_service_or_number_are_told(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace, 1)
    page = text(as_viewer.get(figures(workspace)))
    assert "1 call carried no service" in page and "1 call carried no number" in page
    assert "(415) 555-0120" in page


def test_nothing_before_is_said_in_words(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace, 1)
    page = text(as_viewer.get(figures(workspace)))
    assert page.count("No calls before") == 8 + 2


def test_today_is_told_beside_yesterday_and_not_compared(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace, 2)
    page = text(as_viewer.get(figures(workspace, "?period=today")))
    assert "the day before" in page and "today is not over" in page
    assert "more (+" not in page and "fewer (" not in page


@pytest.mark.parametrize(
    ("now", "before", "calls", "said"),
    [(5, 0, 0, "No calls before"), (5, 0, 9, "5 more, none before"), (4, 4, 9, "As many as before"),
     (1500, 1000, 9, "500 more (+50 %)"), (9, 12, 99, "3 fewer (−25 %)"),
     (1001, 1000, 9, "1 more (under 1 %)")],
)  # fmt: skip
def test_a_change_is_said_in_words_and_sign(now: int, before: int, calls: int, said: str) -> None:
    assert count_change(now, before, calls) == said


def test_a_change_of_time_says_which_way() -> None:
    assert time_change(RESPONSE, 600, 650) == "50 ms faster (−8 %)"
    assert time_change(RESPONSE, 650, 600) == "50 ms slower (+8 %)"
    assert time_change(LENGTH, 90, 60) == "30 s longer (+50 %)"
    assert time_change(LENGTH, 60.2, 60) == "As before"
    assert time_change(LENGTH, 60, None) == "No calls before"
    assert time_change(LENGTH, None, 60) == "1 min 00 s before"


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [("?date_from=yesterday", "date_from", ""), ("?date_to=2026-11-01", "date_from", "first day"),
     ("?date_from=2026-11-02&date_to=2026-11-01", "date_to", "before the first"),
     ("?date_from=2026-01-01&date_to=2026-11-01", "date_to", "at most 92 days"),
     ("?date_from=0001-01-01&date_to=0001-01-02", "date_from", ""), ("?period=100", "", "")],
)  # fmt: skip
def test_days_that_are_none_are_told_beside_the_field(
    as_viewer: FlaskClient, workspace: Place, query: str, field: str, said: str
) -> None:
    answer = as_viewer.get(figures(workspace, query))
    page = text(answer)
    assert answer.status_code == 422 and 'class="err"' in page
    assert said in page and (not field or f'id="e-{field}"' in page)
    for value in re.findall(r"=([\d-]{10})", query):
        assert f'value="{value}"' in page


@pytest.mark.parametrize("days", ["0", "91", "x"])
def test_the_json_keeps_its_bounds(
    api: FlaskClient, keys: Keys, workspace: Place, days: str
) -> None:
    url = f"/v1/{workspace.id}/analytics/calls?days={days}"
    assert api.get(url, headers=keys.viewer).status_code == 422


def test_no_calls_yet_none_in_these_days_and_figures_are_three_screens(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    assert "No calls yet" in text(as_viewer.get(figures(workspace)))
    fill(api, keys, workspace, 1)
    assert "No calls in these days" in text(
        as_viewer.get(figures(workspace, "?date_from=2001-01-01&date_to=2001-01-02"))
    )
    assert "How this is counted" in text(as_viewer.get(figures(workspace)))


def test_the_page_says_when_the_days_are_still_those_of_another_zone(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace, 1)
    zone = {"time_zone": "Asia/Tokyo"}
    api.put(f"/v1/{workspace.id}/settings/general", json=zone, headers=keys.admin)
    page = text(as_viewer.get(figures(workspace)))
    assert "The time zone was changed to Asia/Tokyo" in page and "Days are those of UTC" in page


def test_nothing_of_another_workspace_is_counted_or_named(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, other: Place
) -> None:
    canary = {"call_sid": "X", "started_at": datetime.now(UTC).isoformat(), "service_name":
              other.canary, "service_id": SERVICE, "phone_number": "+14155559999"}  # fmt: skip
    made = api.post(f"/v1/{other.id}/calls", json=canary, headers=keys.stranger)
    assert made.status_code == 201
    assert "No calls yet" in text(as_viewer.get(figures(workspace)))
    mine = {**canary, "service_name": None, "phone_number": LINE}
    api.post(f"/v1/{workspace.id}/calls", json=mine, headers=keys.member)
    told = api.get(f"/v1/{workspace.id}/analytics/calls", headers=keys.viewer)
    for page in (text(as_viewer.get(figures(workspace))), text(told)):
        assert other.canary not in page and "9999" not in page
    assert told.json["kpis"]["calls"]["value"] == 1


def reads(visit: Callable[[], Any]) -> list[str]:
    visit()
    with recorded() as log:
        visit()
    return [sql for sql, _ in log if not sql.lstrip().startswith(("begin", "set local"))]


def test_pages_of_figures_run_few_statements_and_read_no_calls(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace)
    as_viewer.get(figures(workspace, "?period=30"))
    with recorded() as log:
        as_viewer.get(figures(workspace, "?period=90"))
    page = [sql for sql, _ in log if not sql.lstrip().startswith(("begin", "set local"))]
    assert len(page) <= 6, page
    overview = reads(lambda: as_viewer.get(f"/w/{workspace.slug}/"))
    assert len(overview) <= 4, overview
    names = queries._SERVICE_NAMES
    scans = [sql for sql in page if re.search(r"\bfrom call\b", sql) and sql != names]
    assert scans == []


def test_what_did_not_change_is_not_summed_up_again_and_what_did_shows_at_once(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    def one(sid: str, **more: Any) -> None:
        call = {"call_sid": sid, "started_at": datetime.now(UTC).isoformat(), **more}
        assert (
            api.post(f"/v1/{workspace.id}/calls", json=call, headers=keys.member).status_code < 300
        )

    def seen() -> tuple[int, bool]:
        with recorded() as log:
            page = as_viewer.get(figures(workspace))
            told = api.get(f"/v1/{workspace.id}/analytics/calls?days=7", headers=keys.viewer)
        calls = int(told.json["kpis"]["calls"]["value"])
        assert f"{calls} calls that have ended" in text(page)
        return calls, any("call_rollup" in sql for sql, _ in log)

    one("A1")
    assert seen() == (1, True)
    assert seen() == (1, False)
    one("RUN", status="in-progress")
    assert seen() == (1, False)
    one("A2")
    assert seen() == (2, True)
    ended = {"status": "completed", "ended_at": datetime.now(UTC).isoformat()}
    api.patch(f"/v1/{workspace.id}/calls/RUN", json=ended, headers=keys.member)
    assert seen() == (3, True)
