"""The palette: what it finds, for whom, and never next door."""

from app.core.database import recorded
from tests.setup import number
from tests.support import text


def test_it_finds_pages_numbers_services_and_people(as_viewer, workspace, maker, cast):
    home = f"/w/{workspace.slug}/find"
    maker.service("Refill line")
    tel = number()
    maker.make("phone-numbers", {"phone_number": tel, "display_name": "Main line"})
    maker.make("operators", {"name": "Nadia Okafor", "email": "n@x.example"})
    for typed, found in (("line", "Refill line"), ("line", "Main line"), (tel[-6:], "Main line"),
                         ("okafor", "Nadia Okafor"), ("retention", "Retention and legal hold"),
                         ("owner p", "Owner Person"), ("riverside", workspace.name),
                         ("agent of", "Agent of Refill line")):  # fmt: skip
        assert found in text(as_viewer.get(home, query_string={"q": typed})).split("<main")[1], (
            typed
        )
    nothing = text(as_viewer.get(home, query_string={"q": "%_\\zzz"}))
    assert "Nothing here is called that." in nothing


def test_a_part_answers_htmx_and_everything_is_one_statement(as_viewer, workspace):
    url = f"/w/{workspace.slug}/find?q=a"
    part = as_viewer.get(url, headers={"HX-Request": "true"})
    assert "<html" not in text(part)
    with recorded() as log:
        as_viewer.get(url)
    assert len(log) <= 6


def test_pages_one_may_not_open_are_not_found(as_viewer, as_admin, workspace):
    url = f"/w/{workspace.slug}/find?q=audit"
    assert "Audit log" in text(as_admin.get(url)).split("<main")[1]
    assert "Audit log" not in text(as_viewer.get(url)).split("<main")[1]


def test_nothing_is_found_next_door(as_stranger, other, maker, workspace):
    maker.service("Secret line")
    page = text(as_stranger.get(f"/w/{other.slug}/find?q=line"))
    assert "Secret line" not in page
    assert workspace.name not in text(as_stranger.get(f"/w/{other.slug}/find?q=riverside"))
