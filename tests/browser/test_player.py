"""A recording beside its transcript, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.live import HOME, Product
from tests.recordings import sounds

Open = Callable[..., Page]
PLACE = f"(select id from workspace where slug = '{HOME}')"


@pytest.fixture
def recorded(product: Product) -> str:
    """The address of a call of the demo that was recorded."""
    ident = product.sql(
        f"select id from call where workspace_id = {PLACE} and has_recording"
        " order by started_at desc limit 1"
    )
    return f"/w/{HOME}/calls/{ident}"


@pytest.fixture
def silent(product: Product) -> Callable[[], str]:
    """The address of another call that was not recorded."""

    def find() -> str:
        ident = product.sql(
            f"select id from call where workspace_id = {PLACE} and not has_recording"
            " and channel_kind = 'voice' and turn_count > 8 order by random() limit 1"
        )
        return f"/w/{HOME}/calls/{ident}"

    return find


def plays(product: Product, recorded: str) -> int:
    found: int = product.sql(
        "select count(*) from audit_event where action = 'recording.play' and resource_id ="
        f" '{recorded.rpartition('/')[2]}'"
    )
    return found


def audio(page: Page, what: str) -> Any:
    return page.locator("audio").evaluate(f"audio => audio.{what}")


def until(page: Page, condition: str, seconds: int = 20) -> None:
    """Wait for something of the player, `a`."""
    page.locator("audio").evaluate(
        "a => new Promise((done, fail) => {"
        f" const look = () => {{ if ({condition}) done(); else setTimeout(look, 20); }}; look();"
        f" setTimeout(() => fail(new Error('never: ' + a.currentTime)), {seconds * 1000}); }})"
    )


def test_opening_a_call_loads_no_sound_and_playing_it_is_noted_once(
    open_as: Open, product: Product, recorded: str
) -> None:
    page, asked = open_as("viewer"), []
    page.on("request", lambda r: asked.append(r.url) if r.url.endswith("/recording") else None)
    page.goto(recorded)
    page.wait_for_load_state("networkidle")
    assert asked == [] and plays(product, recorded) == 0
    page.locator("audio").evaluate("a => { a.muted = true }")
    page.locator("h1").click()
    page.keyboard.press("Space")
    until(page, "!a.paused && a.currentTime > 0.2")
    page.keyboard.press("Space")
    until(page, "a.paused")
    assert plays(product, recorded) == 1


def test_it_plays_through_to_its_end_piece_by_piece(open_as: Open, recorded: str) -> None:
    page, asked = open_as("member"), []
    page.on("request", lambda r: asked.append(r.url) if r.url.endswith("/recording") else None)
    page.goto(recorded)
    page.locator("audio").evaluate("a => { a.muted = true; a.playbackRate = 8; return a.play() }")
    until(page, "a.ended")
    assert len(asked) > 1
    assert (
        abs(audio(page, "duration") - float(page.locator("#player").get_attribute("data-seconds")))
        < 0.5
    )


def test_a_click_on_a_turn_is_heard_and_the_playing_turn_is_shown(
    open_as: Open, recorded: str
) -> None:
    page = open_as("member")
    page.goto(recorded)
    page.locator("audio").evaluate("a => { a.muted = true }")
    turn = page.locator("#turn-5")
    turn.locator(".bubble").click()
    start = float(turn.get_attribute("data-s") or 0)
    until(page, f"a.currentTime >= {start} && a.currentTime < {start + 30} && !a.paused")
    expect(turn).to_have_attribute("aria-current", "true")
    expect(page.locator("[aria-current=true].turn")).to_have_count(1)
    # What lies inside a turn keeps its own use.
    page.keyboard.press("Space")
    until(page, "a.paused")
    at = audio(page, "currentTime")
    page.locator(".turn details summary").first.click()
    assert audio(page, "currentTime") == at


def test_keys_speed_and_waveform(open_as: Open, recorded: str) -> None:
    page = open_as("member")
    page.goto(recorded)
    page.locator("audio").evaluate("a => { a.muted = true }")
    page.keyboard.press("ArrowRight")
    until(page, "Math.abs(a.currentTime - 5) < 0.1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    until(page, "Math.abs(a.currentTime - 5) < 0.1")
    page.get_by_label("Speed").select_option("1.5")
    assert audio(page, "playbackRate") == 1.5
    page.reload()
    assert audio(page, "playbackRate") == 1.5
    box = page.locator("[data-wave]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 8)
    whole = float(page.locator("#player").get_attribute("data-seconds") or 0)
    until(page, f"Math.abs(a.currentTime - {whole / 2}) < 1")
    # Inside a field the keys are letters.
    note = page.locator("#work-text")
    note.fill("call")
    note.press("Space")
    note.press("ArrowLeft")
    until(page, f"a.paused && Math.abs(a.currentTime - {whole / 2}) < 1")
    expect(note).to_have_value("call ")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_player_stays_in_sight_and_covers_no_playing_turn(
    open_as: Open, recorded: str, width: int
) -> None:
    page = open_as("member", width)
    page.goto(recorded)
    page.locator("audio").evaluate("a => { a.muted = true }")
    last = page.locator(".turn").last
    last.locator(".bubble").click()
    expect(last).to_have_class("turn caller playing")
    page.locator(".turn").nth(6).locator(".bubble").click()
    player = page.locator("#player").bounding_box()
    turn = page.locator(".turn").nth(6).bounding_box()
    assert player is not None and turn is not None
    assert 0 <= player["y"] < 60
    assert turn["y"] >= player["y"] + player["height"] - 1


def upload(page: Page, content: bytes, name: str = "call.wav") -> None:
    page.get_by_label("Recording", exact=True).set_input_files(
        {"name": name, "mimeType": "audio/wav", "buffer": content}
    )
    page.get_by_role("button", name="Upload").click()


def test_a_member_adds_a_recording(open_as: Open, silent: Callable[[], str]) -> None:
    page = open_as("member")
    page.goto(silent())
    page.get_by_text("No recording yet. Add one").click()
    upload(page, b"<!doctype html>", "page.html")
    expect(page.get_by_text("no recording that Ward can keep")).to_be_visible()
    upload(page, sounds.wav(3))
    expect(page.get_by_text("The recording is stored.")).to_be_visible()
    expect(page.locator("audio")).to_be_visible()
    page.locator("audio").evaluate("a => { a.muted = true; return a.play() }")
    until(page, "a.currentTime > 0.1")


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    open_as: Open, silent: Callable[[], str]
) -> None:
    page = open_as("member")
    page.goto(silent())
    page.get_by_text("No recording yet. Add one").click()
    page.locator("[data-upload]").evaluate("form => { form.dataset.most = 1000 }")
    upload(page, sounds.wav())
    expect(page.get_by_text("larger than 200 MB")).to_be_visible()
    assert page.locator("audio").count() == 0


@pytest.mark.parametrize("kind", ["mulaw", "mp3", "opus"])
def test_without_scripts_it_is_added_and_played(
    open_as: Open, silent: Callable[[], str], kind: str
) -> None:
    page = open_as("member", java_script_enabled=False)
    page.goto(silent())
    page.get_by_text("No recording yet. Add one").click()
    upload(page, getattr(sounds, kind)())
    expect(page.get_by_text("The recording is stored.")).to_be_visible()
    assert page.locator("audio[controls]").count() == 1
    assert page.get_by_label("Speed").count() == 0 or not page.get_by_label("Speed").is_visible()
    heard = open_as("viewer")
    heard.goto(page.url)
    heard.locator("audio").evaluate("a => { a.muted = true; return a.play() }")
    until(heard, "a.currentTime > 0.1")
