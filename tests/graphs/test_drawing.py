"""The drawing: nothing overlaps, every way is there, odd names and cycles are drawn."""

import random

from app.graphs.drawing import draw
from app.graphs.figures import Edge, Node

KINDS = ("action", "decision", "annotation", "data_collection")


def graph(count, seed=7):
    dice = random.Random(seed)
    marks = {0: ("new", "returning"), count - 1: ("terminal",)}
    nodes = [Node(f"State number {n}", dice.choice(KINDS), marks.get(n, ())) for n in range(count)]
    ways = [(n, min(count - 1, n + dice.randint(1, 4))) for n in range(count - 1)]
    ways += [(dice.randrange(count), dice.randrange(count)) for _ in range(count // 3)]
    edges = [Edge(nodes[a].name, nodes[b].name, f"Because {a}") for a, b in ways]
    return nodes, edges


def test_it_is_the_same_every_time():
    assert draw(*graph(30)) == draw(*graph(30))


def test_every_state_and_every_way_is_drawn_once():
    nodes, edges = graph(30)
    drawing = draw(nodes, edges)
    assert [box.name for box in drawing.boxes] == [node.name for node in nodes]
    place = {node.name: n for n, node in enumerate(nodes)}
    wanted = {(place[edge.source], place[edge.target]) for edge in edges}
    assert {(arrow.source, arrow.target) for arrow in drawing.arrows} == wanted


def test_names_stand_apart():
    drawing = draw(*graph(30))
    middles = [(box.middle, box.lines[0].y) for box in drawing.boxes]
    for n, (x, y) in enumerate(middles):
        for other_x, other_y in middles[:n]:
            assert abs(x - other_x) > 100 or abs(y - other_y) > 40
        assert 0 < x < drawing.width and 0 < y < drawing.height


def test_cycles_loops_and_strangers_do_no_harm():
    nodes = [Node("A", "action", ("new",)), Node("B", "decision", ()), Node("C", "action", ())]
    edges = [Edge("A", "B", "on"), Edge("B", "A", "back"), Edge("B", "B", "again"),
             Edge("A", "B", "also"), Edge("A", "Nobody", "?")]  # fmt: skip
    drawing = draw(nodes, edges)
    assert len(drawing.boxes) == 3
    told = {(a.source, a.target): a.label for a in drawing.arrows}
    assert set(told) == {(0, 1), (1, 0), (1, 1)}
    assert "on" in told[0, 1] and "also" in told[0, 1]
    assert any(arrow.backwards for arrow in drawing.arrows)


def test_odd_names_and_many_states_are_drawn():
    names = ["😀" * 128, "مركز الرعاية الصحية", "x" * 256, "<script>"]
    nodes = [Node(name, "action", ()) for name in names]
    assert [box.name for box in draw(nodes, []).boxes] == names
    assert len(draw(*graph(200)).boxes) == 200
    assert len(draw([Node("Only", "action", ("new", "returning", "terminal"))], []).boxes) == 1
