"""What keeps the look honest: contrast, icons, policy, vendored files."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from app.core import styles
from app.core.feature import ROUTES

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TOKENS = (ROOT / "static/css/src/03-tokens.css").read_text()
PAIR = re.compile(r"--([\w-]+): light-dark\((#\w+), ?(#\w+)\)")


def tokens(theme: int) -> dict[str, str]:
    return {m[1]: m[2 + theme] for m in PAIR.finditer(TOKENS)}


def luminance(colour: str) -> float:
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_reads_well_in_both_themes(theme: int) -> None:
    found = tokens(theme)
    for text in ("text", "muted"):
        for ground in ("bg", "surface", "sunken"):
            assert contrast(found[text], found[ground]) >= 4.8, (text, ground)
    for kind in ("danger", "warn", "ok", "info"):
        assert contrast(found[kind], found[f"{kind}-soft"]) >= 4.8, kind
    assert contrast(found["on-accent"], found["accent"]) >= 5.6


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_borders_of_controls_can_be_seen(theme: int) -> None:
    found = tokens(theme)
    for ground in ("bg", "surface"):
        assert contrast(found["line-strong"], found[ground]) >= 3


def test_the_stylesheet_is_the_sum_of_its_files() -> None:
    assert (ROOT / "static/css/app.css").read_text() == styles.bundle()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_template_keeps_the_policy_and_its_size(path: Path) -> None:
    content = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|hx-on|js:|<style", content), (
        "inline style or script"
    )
    assert not re.search(r"<script(?![^>]*\ssrc=)", content), "inline script"
    assert len(content.splitlines()) <= 120


def test_every_icon_in_use_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))
    used = set()
    for path in TEMPLATES:
        used |= set(re.findall(r"icon\('([^']+)'\)", path.read_text()))
    assert used <= sprite, used - sprite


def test_vendored_files_are_the_ones_that_were_vendored() -> None:
    listed = json.loads((ROOT / "static/vendor/vendor.json").read_text())
    for name, entry in listed.items():
        path = ROOT / name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"], name
        folder = ROOT / "tests/vendor" if name.startswith("tests") else ROOT / "static/vendor"
        assert (folder / entry["licence"]).exists(), entry["licence"]


def test_htmx_keeps_no_page_in_the_browser() -> None:
    head = (ROOT / "templates/parts/head.html").read_text()
    assert '"historyCacheSize":0' in head and '"includeIndicatorStyles":false' in head


DRAWN = sorted({
    ROOT / "templates" / name
    for source in (ROOT / "app").rglob("*.py")
    for call in re.findall(r'drawn\(\s*f?"([\w/.{}\' ]+)"', source.read_text())
    for name in (re.sub(r"\{.*\}", which, call) for which in ("form", "read"))
})  # fmt: skip
"""Templates that are kept for what they show, the workspace and the rights."""


@pytest.mark.parametrize("path", DRAWN, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_what_is_kept_uses_no_request_no_person_and_no_time(path: Path) -> None:
    code = " ".join(re.findall(r"\{[{%].*?[%}]\}", path.read_text(), flags=re.S))
    code = code.replace("token or csrf_field()", "")
    outside = (
        r"csrf_field|\b(?:request|session|current_user|get_flashed_messages)\b|\bg\."
        r"|\bpage\.|\bago\b"
    )
    assert not re.search(outside, code)


@pytest.mark.parametrize("path", sorted((ROOT / "templates/parts").glob("*")), ids=lambda p: p.name)
@pytest.mark.usefixtures("app")
def test_a_part_that_is_drawn_once_uses_nothing_but_its_values(path: Path) -> None:
    content = path.read_text()
    outside = (
        r"csrf|\b(?:request|session|current_user|get_flashed_messages)\b|\bg\.|\bpage\.|\bcan\("
    )
    assert not re.search(outside, content)
    for endpoint in re.findall(r"url_for\('([\w.]+)'", content):
        assert "<" not in ROUTES[endpoint].rule, endpoint
