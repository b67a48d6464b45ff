"""What an entity is related to: a picture of one step, and the same as JSON."""

import uuid

from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.world.neighbours import HEIGHT, MOST, picture
from tests.support import Keys, Place, text

from .data import WHOLE
from .test_import import ana, put_in


@given(st.integers(0, 60), st.integers(0, 3))
def test_thirty_boxes_at_most_none_on_another_all_inside(others: int, same: int) -> None:
    def some(count: int, first: int) -> list[tuple[uuid.UUID, str, str, str]]:
        return [
            (uuid.UUID(int=first + n), "user", f"Some body {n}" * 9, "at") for n in range(count)
        ]

    made = picture("Ana Silva", "Person", some(same, 1), some(others, 100))
    assert len(made.boxes) - 1 == len(made.lines) == min(others + same, MOST)
    assert made.more == max(others + same - MOST, 0)
    assert [b.same for b in made.boxes[1:]].count(True) == same
    for n, a in enumerate(made.boxes):
        assert a.x >= 0 and a.x + a.width <= made.width and a.y >= 0 and a.y + HEIGHT <= made.height
        for b in made.boxes[n + 1 :]:
            apart = a.x + a.width <= b.x or b.x + b.width <= a.x or abs(a.y - b.y) >= HEIGHT
            assert apart, (a, b)


def test_a_persons_page_shows_the_picture_beside_the_list_and_the_json_agrees(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, other: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    person = ana(api, workspace, keys.viewer)["id"]
    told = api.get(f"/v1/{workspace.id}/world/entities/{person}/graph", headers=keys.viewer).json
    assert {n["entity_type"] for n in told["nodes"]} == {"person", "encounter"}
    (edge,) = told["edges"]
    assert edge["target_entity_id"] == person and told["truncated"] is False
    page = text(as_viewer.get(f"/w/{workspace.slug}/world/{person}"))
    assert page.count(f'href="/w/{workspace.slug}/world/{edge["source_entity_id"]}"') == 2
    assert "1 relation of Ana Silva" in page
    foreign = api.get(f"/v1/{other.id}/world/entities/{person}/graph", headers=keys.stranger)
    assert foreign.status_code == 404


def test_what_does_not_fit_the_picture_is_said_in_words(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    def visit(n: int) -> dict[str, object]:
        return {"resourceType": "Encounter", "id": f"v{n}", "subject": {"reference": "Patient/p1"},
                "period": {"start": f"2026-01-01T09:{n:02}:00Z"}}  # fmt: skip

    many = [{"resource": visit(n)} for n in range(34)]
    put_in(api, workspace, keys.admin, {"entry": [*WHOLE["entry"][1:2], *many]})
    person = ana(api, workspace, keys.viewer)["id"]
    page = text(as_viewer.get(f"/w/{workspace.slug}/world/{person}"))
    assert "30 are shown; 4 more stand in the list." in page
