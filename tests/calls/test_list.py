"""The list of calls in the browser: its form, its chips, its pages, its search."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from app.calls import listed
from app.core import database
from tests.support import Cast, sign_in, text

from .test_api import a_call, ndjson, url
from .test_filters import Desk, before, desk
from .test_search import said

__all__ = ["desk"]

ROW = re.compile(r'/calls/([0-9a-f-]{36})(\?[^"#]*)?"')


@pytest.fixture
def look(desk: Desk, cast: Cast) -> Callable[..., str]:
    """The page of the list as the member sees it."""
    client = sign_in(desk.app, cast.people["member"])

    def at(query: str = "", status: int = 200, **headers: str) -> str:
        base = f"/w/{desk.place.slug}/calls"
        where = html.unescape(query) if query.startswith("/") else f"{base}{query}"
        answer = client.get(where, headers={n.replace("_", "-"): v for n, v in headers.items()})
        assert answer.status_code == status, answer.status
        at.headers = answer.headers  # type: ignore[attr-defined]
        return text(answer)

    return at


def shown(page: str) -> list[str]:
    """The ids of the calls of a page, in order."""
    return list(dict.fromkeys(match[1] for match in ROW.finditer(page)))


def link(page: str, rel: str) -> str | None:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return found[1] if found else None


def chips(page: str) -> list[str]:
    return [html.unescape(words) for words in
            re.findall(r'<li class="chip"><bdi>(.*?)</bdi>', page)]  # fmt: skip


def fill(desk: Desk, count: int, **more: Any) -> None:
    """Calls that all began at the same moment, in pairs of the same length."""
    lines = []
    for n in range(count):
        line = a_call(f"CA{n:03}", duration_seconds=n // 2, quality_score=(n // 2) / 100, **more)
        del line["ended_at"]
        lines.append(line)
    done = desk.api.post(url(desk.place, "/import"), headers=desk.keys.member, data=ndjson(*lines))
    assert done.json["stored"] == count, done.data


@pytest.mark.parametrize("sort", ["-started_at", "started_at", "-duration", "duration", "quality"])
@pytest.mark.parametrize("q", ["", "appointment"])
def test_pages_lead_both_ways_through_equal_values(
    desk: Desk, look: Callable[..., str], sort: str, q: str
) -> None:
    fill(desk, 130 if not q else 50)
    pages = [look(f"?sort={sort}&q={q}&who=" if q else f"?sort={sort}", 302 if q else 200)]
    if q:
        pages = [look(f"?sort={sort}&q={q}")]
    while older := link(pages[-1], "next"):
        pages.append(look(older))
    ids = [ident for page in pages for ident in shown(page)]
    assert len(ids) == len(set(ids)) == (50 if q else 130)
    assert len(pages) == 3 and link(pages[0], "prev") is None
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = look(link(back, "prev") or "")
        assert shown(back) == shown(page)
    assert link(back, "prev") is None
    numbers = [desk.sql("select number from call where id = %s", (ident,))[0][0] for ident in ids]
    assert numbers == sorted(numbers, reverse=(q != "" and sort != "started_at") or sort[0] == "-")


def test_a_page_is_the_same_when_the_call_at_its_edge_is_gone(
    desk: Desk, look: Callable[..., str]
) -> None:
    fill(desk, 60)
    first = look()
    older = link(first, "next") or ""
    second = shown(look(older))
    desk.sql("delete from call where id = %s", (shown(first)[-1],))
    assert shown(look(older)) == second and len(second) == 10


@pytest.mark.parametrize("edge", [
    "1", "x", "~", "1~", "~1", "1~x", "9" * 30 + "~1", "-1~1", "1e999~1", "nan~1", "inf~1",
    "1~" + "9" * 19, "1.5~2", "1~2~3", "٣~٣", "999999999999999999~1",
])  # fmt: skip
@pytest.mark.parametrize("sort", ["-started_at", "duration"])
def test_a_tampered_edge_breaks_nothing(
    desk: Desk, look: Callable[..., str], edge: str, sort: str
) -> None:
    fill(desk, 3)
    for name in ("before", "after"):
        look(f"?sort={sort}&{name}={edge}")


def test_a_row_leads_to_its_call_within_the_filter(desk: Desk, look: Callable[..., str]) -> None:
    call = desk.store("ONE", tag="call back", assigned=True)
    page = look("?tag=call+back&assigned_to=me")
    assert f'/calls/{call}?assigned_to=me&amp;tag=call+back"' in page
    assert "Member Person" in page and ">call back</bdi>" in page


def test_times_are_in_the_time_zone_and_it_is_named_once(
    desk: Desk, look: Callable[..., str]
) -> None:
    desk.api.put(f"/v1/{desk.place.id}/settings/general", headers=desk.keys.admin,
                 json={"time_zone": "Asia/Kathmandu"})  # fmt: skip
    desk.store("OLD", started_at="2024-02-29T20:00:00Z")
    page = look()
    assert "1 Mar 2024, 01:45" in page and page.count("Asia/Kathmandu") == 1 and "UTC" not in page


def test_today_and_yesterday_are_called_so(desk: Desk, look: Callable[..., str]) -> None:
    desk.store("NOW", started_at=before())
    desk.store("DAY", started_at=before(days=1))
    page = look()
    assert page.index("Today, ") < page.index("Yesterday, ")


def test_chips_say_the_filters_in_words_and_take_them_away(
    desk: Desk, look: Callable[..., str]
) -> None:
    service = "b7a3c6de-7d3c-4c55-9d7c-2d8f0f8f5a11"
    desk.store("ONE", service_id=service, service_name="Refill <line>")
    page = look(f"?service_id={service}&assigned_to={desk.me}&min_duration=62&date_from=2026-07-01"
                "&outcome=unanswered&hour=9&reviewed=false&include_simulated=true&caller=555")  # fmt: skip
    assert chips(page) == [
        "From 1 Jul 2026", "Unanswered", "Refill <line>", "Caller’s number has 555",
        "At least 1 min 02 s", "Not reviewed", "Assigned to Member Person",
        "Between 9:00 and 10:00", "With tests and simulations",
    ]  # fmt: skip
    assert "<line>" not in page
    removed = re.search(r'href="([^"]+)" aria-label="Remove Unanswered"', page)
    assert removed and "outcome" not in removed[1] and "hour=9" in removed[1]
    assert chips(look(removed[1])) == [words for words in chips(page) if words != "Unanswered"]
    assert f'href="/w/{desk.place.slug}/calls"' in page.partition("Clear all")[0][-200:]


def test_every_filter_has_its_place_in_the_form_and_its_words(
    desk: Desk, look: Callable[..., str]
) -> None:
    from app.calls import filters

    from .test_filters import CASES

    page = look()
    for name in filters.NAMES:
        if name != "period":
            assert f'name="{name}"' in page, name
    for name, (value, _, _) in CASES.items():
        assert len(chips(look(f"?{name}={value.replace('+', '%2B')}"))) == 1, name


def test_yesterdays_unanswered_ones_are_two_steps_away(
    desk: Desk, look: Callable[..., str]
) -> None:
    missed = desk.store("MISSED", started_at=before(days=1), completion_reason="voicemail")
    desk.store("TAKEN", started_at=before(days=1))
    desk.store("TODAY", started_at=before(), completion_reason="voicemail")
    step = re.search(r'href="([^"]+)">Yesterday</a>', look("?outcome=unanswered"))
    assert step
    assert shown(look(step[1])) == [missed]


def test_dates_and_a_preset_do_not_fight(desk: Desk, look: Callable[..., str]) -> None:
    page = look("?period=7&date_from=2026-07-01")
    assert chips(page) == ["From 1 Jul 2026"] and 'aria-current="true">7 days' not in page
    week = re.search(r'href="([^"]+)">7 days</a>', page)
    assert week and "date_from" not in week[1]


@pytest.mark.parametrize("q", ["x" * 10_000, '"', '""', "the", "a the -of", "-", "!!!"])
def test_a_search_that_says_nothing_is_told_beside_its_field(
    desk: Desk, look: Callable[..., str], q: str
) -> None:
    desk.store("ONE")
    page = look(f"?q={q}", 422)
    assert 'id="e-q"' in page and 'aria-invalid="true"' in page
    assert "Nothing was looked for" in page and not shown(page)
    if len(q) < 200:
        assert f'value="{escape(q)}"' in page
    answer = desk.api.get(f"{url(desk.place)}?q={q}", headers=desk.keys.viewer)
    assert answer.status_code == 422 and "q" in str(answer.json["detail"])


def test_a_search_shows_the_sentence_and_leads_to_its_turn(
    desk: Desk, look: Callable[..., str]
) -> None:
    call = desk.store("ONE", turns=said(
        ("agent", "Hello"), ("caller", "<script>alert(1)</script> A dermatologist, please"),
    ))  # fmt: skip
    desk.store("TWO", turns=said(("agent", "A cardiologist")))
    page = look("?q=dermatologist&who=caller")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; A <mark>dermatologist</mark>, please" in page
    assert f'/calls/{call}?q=dermatologist&amp;who=caller&amp;turn=2#turn-2"' in page
    assert "Caller, 00:04" in page and shown(page) == [call]
    opened = look(f"/w/{desk.place.slug}/calls/{call}?q=dermatologist&who=caller&turn=2")
    assert 'id="turn-2"' in opened


def test_what_is_typed_is_text_everywhere(desk: Desk, look: Callable[..., str]) -> None:
    nasty = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    for name in ("q", "tag", "caller", "sort", "service_id", "date_from"):
        page = look(f"?{name}={nasty}", 200 if name == "tag" else 422)
        assert "<script>alert" not in page, name


def test_the_audit_log_tells_which_filters_but_no_words_or_numbers(
    desk: Desk, look: Callable[..., str]
) -> None:
    desk.store("ONE")
    look("?q=dermatologist&caller=555014&outcome=answered")
    desk.api.get(f"{url(desk.place)}?q=dermatologist&caller=555014", headers=desk.keys.viewer)
    events = desk.sql("select metadata::text, phi_accessed from audit_event where workspace_id = %s"
                      " and action = 'call.list'", (desk.place.id,))  # fmt: skip
    assert len(events) == 2 and all(phi for _, phi in events)
    for told, _ in events:
        assert '"q"' in told and '"caller"' in told
        assert "dermatologist" not in told and "555014" not in told


def test_htmx_gets_what_changed_and_the_address_to_keep(
    desk: Desk, look: Callable[..., str]
) -> None:
    desk.store("ONE")
    page = look("?q=&outcome=answered&who=&period=", HX_Request="true")
    assert page.lstrip().startswith('<div id="found"') and "calls-filter" not in page
    assert look.headers["HX-Push-Url"] == f"/w/{desk.place.slug}/calls?outcome=answered"  # type: ignore[attr-defined]
    page = look("?hour=99", 422, HX_Request="true")
    assert page.lstrip().startswith('<div id="calls"') and 'id="e-hour"' in page
    assert look.headers["HX-Retarget"] == "#calls"  # type: ignore[attr-defined]
    assert 'name="mending"' in page
    page = look("?hour=9&mending=1", HX_Request="true")
    assert 'id="e-hour"' not in page and "<form" in page
    assert "mending" not in look.headers["HX-Push-Url"]  # type: ignore[attr-defined]


def test_without_a_script_the_address_becomes_short_as_well(
    desk: Desk, look: Callable[..., str]
) -> None:
    look("?q=&who=&outcome=answered&date_from=&caller=", 302)
    assert look.headers["Location"] == f"/w/{desk.place.slug}/calls?outcome=answered"  # type: ignore[attr-defined]


def test_a_search_that_did_not_see_everything_says_so_and_goes_on(
    desk: Desk, look: Callable[..., str], monkeypatch: Any
) -> None:
    from app.calls import search

    for n in range(8):
        desk.store(f"CA{n}", tag="rare" if n == 0 else "new")
    monkeypatch.setattr(search, "BATCHES", (2, 2))
    monkeypatch.setattr(search, "FEW", 0)
    page = look("?q=appointment&tag=rare")
    assert "None of the calls with these words back to" in page and "Look further" in page
    page = look(link(page, "next") or "")
    assert len(shown(page)) == 1
    back = look(link(page, "prev") or "")
    assert "Newer" in back or not shown(back)


def test_a_place_of_tests_only_says_so(desk: Desk, look: Callable[..., str]) -> None:
    desk.store("TEST", direction="test")
    page = look()
    assert "No real calls yet" in page and "include_simulated=true" in page
    assert len(shown(look("?include_simulated=true"))) == 1


def test_marks_tell_what_there_is_besides(desk: Desk, look: Callable[..., str]) -> None:
    desk.store("ONE", reviewed_at="2026-11-20T10:00:00Z", has_recording=True, channel_kind="sms")
    page = look()
    for words in ("Reviewed", "Recorded", "Text message"):
        assert f">{words}</span>" in page, words
    desk.store("TWO", tag="a")
    desk.sql("insert into call_tag (workspace_id, call_id, tag, started_at, number)"
             " select workspace_id, call_id, t, started_at, number from call_tag,"
             " unnest(array['b', 'c', 'd', 'e']) t where workspace_id = %s", (desk.place.id,))  # fmt: skip
    page = look("?tag=e")
    assert page.count('<bdi class="tag">') == 3 and "2 more" in page


def test_nobody_sees_the_whole_number_of_a_caller(desk: Desk, look: Callable[..., str]) -> None:
    desk.store("ONE")
    for query in ("", "?q=appointment", "?caller=4155550142"):
        assert "+14155550142" not in look(query) and "••• 0142" in look(query)


def test_words_numbers_and_names_of_a_neighbour_show_nowhere(
    desk: Desk, look: Callable[..., str], cast: Cast
) -> None:
    theirs = a_call("CA9", service_name="canaryservice", phone_number="+19995550100",
                    service_id="b7a3c6de-7d3c-4c55-9d7c-2d8f0f8f5a11",
                    turns=said(("caller", "canaryword")))  # fmt: skip
    stored = desk.api.post(url(cast.other), headers=desk.keys.stranger, json=theirs)
    assert stored.status_code == 201
    desk.sql("insert into call_tag (workspace_id, call_id, tag, started_at, number)"
             " select workspace_id, id, 'canarytag', started_at, number from call where id = %s",
             (stored.json["id"],))  # fmt: skip
    desk.store("OURS")
    for query in ("", "?q=canaryword", "?q=appointment", "?tag=canarytag",
                  "?service_id=b7a3c6de-7d3c-4c55-9d7c-2d8f0f8f5a11"):  # fmt: skip
        page = look(query)
        assert "canaryservice" not in page and "9995550100" not in page, query
        assert stored.json["id"] not in page and cast.people["stranger"].name not in page
        if "tag" not in query:
            assert "canarytag" not in page


def test_the_form_is_not_shared_between_workspaces(
    desk: Desk, app: Flask, cast: Cast, as_stranger: FlaskClient
) -> None:
    desk.store("OURS", service_id="b7a3c6de-7d3c-4c55-9d7c-2d8f0f8f5a11", service_name="Our line")
    sign_in(app, cast.people["member"]).get(f"/w/{desk.place.slug}/calls")
    page = text(as_stranger.get(f"/w/{cast.other.slug}/calls"))
    assert "Our line" not in page and desk.place.slug not in page


def test_a_full_page_of_a_search_runs_few_statements(desk: Desk, look: Callable[..., str]) -> None:
    fill(desk, 60)
    for query, most in (("?caller=555&tag=x&assigned_to=me&hour=3&period=7", 10),
                        ("?q=appointment&period=90", 11)):  # fmt: skip
        look(query)
        with database.recorded() as seen:
            look(query)
        reads = [sql for sql, _ in seen if not sql.lstrip().startswith(("begin", "set local"))]
        assert len(reads) <= most, reads


assert listed.SHOWN == 50 and listed.HITS_SHOWN == 20
