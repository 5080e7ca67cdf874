"""What every layout of ours must hold, on random graphs with random frames."""

from itertools import combinations, pairwise
from random import Random

import pytest

from autograd.explain.layout import Cluster, Graph, layered

CHAIN = 5000


def box(layout, graph, v):
    (x, y), (w, h) = layout.centres[v], graph.sizes[v]
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def meet(a, b, slack=0.05):
    return (
        a[0] + slack < b[2] and b[0] + slack < a[2] and a[1] + slack < b[3] and b[1] + slack < a[3]
    )


def within(inner, outer, slack=0.05):
    return (
        outer[0] <= inner[0] + slack
        and outer[1] <= inner[1] + slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def curve(route, steps=8):
    """Points on the curves of a route."""
    for i in range(0, len(route) - 1, 3):
        a, b, c, d = route[i : i + 4]
        for k in range(steps + 1):
            t = k / steps
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield tuple(sum(w * p[axis] for w, p in zip(weights, (a, b, c, d))) for axis in (0, 1))


def inside(graph, c):
    """The boxes in a frame, those of frames in it too."""
    found = set(graph.clusters[c].members)
    for d, cluster in enumerate(graph.clusters):
        if cluster.parent == c:
            found |= inside(graph, d)
    return found


def check(graph, direction="TB"):
    layout = layered(graph, direction)
    page = (0.0, 0.0, layout.width, layout.height)
    boxes = [box(layout, graph, v) for v in range(len(graph.sizes))]
    assert len(layout.centres) == len(graph.sizes)
    assert len(layout.routes) == len(graph.edges)
    assert len(layout.boxes) == len(graph.clusters)
    for b in boxes:
        assert within(b, page)
    for a, b in combinations(boxes, 2):
        assert not meet(a, b)
    members = [inside(graph, c) for c in range(len(graph.clusters))]
    for c, (cluster, frame) in enumerate(zip(graph.clusters, layout.boxes)):
        assert within(frame, page)
        assert frame[2] - frame[0] >= cluster.width - 0.05
        below = (frame[0], frame[1] + cluster.header, frame[2], frame[3])
        for v, b in enumerate(boxes):
            assert within(b, below) if v in members[c] else not meet(b, frame), (v, c)
        for d, other in enumerate(layout.boxes):
            if graph.clusters[d].parent == c:
                assert within(other, below)
            elif d != c and graph.clusters[d].parent == cluster.parent:
                assert not meet(other, frame)
    flow = 1 if direction == "TB" else 0
    for (u, v, _), route in zip(graph.edges, layout.routes):
        assert len(route) % 3 == 1
        assert len(route) > 1
        assert route[0][flow] == pytest.approx(boxes[u][2 + flow], abs=0.05)
        assert route[-1][flow] == pytest.approx(boxes[v][flow], abs=0.05)
        assert boxes[u][1 - flow] <= route[0][1 - flow] <= boxes[u][3 - flow]
        assert boxes[v][1 - flow] <= route[-1][1 - flow] <= boxes[v][3 - flow]
        way = list(curve(route))
        assert all(b[flow] >= a[flow] - 0.05 for a, b in pairwise(way))
        for k, b in enumerate(boxes):
            if k not in (u, v):
                assert not any(meet((*p, *p), b, -0.01) for p in way), (u, v, k)
    assert repr(layered(graph, direction)) == repr(layout)
    return layout


def random_graph(seed, boxes, frames, reach=None):
    random = Random(seed)
    sizes = [(random.uniform(5, 150), random.uniform(5, 80)) for _ in range(boxes)]
    edges = []
    for v in range(1, boxes):
        for _ in range(random.choice([0, 1, 1, 2, 3])):
            u = random.randrange(max(0, v - reach) if reach else 0, v)
            edges.append((u, v, random.choice([1.0, 8.0])))
    home = [random.choice([None, *range(frames)]) for _ in range(boxes)]
    clusters = [
        Cluster(
            [v for v in range(boxes) if home[v] == c],
            random.choice([None, *range(c)]),
            random.choice([0.0, 22.0]),
            random.choice([0.0, 60.0, 400.0]),
        )
        for c in range(frames)
    ]
    return Graph(sizes, edges, clusters)


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("seed", range(8))
def test_random(seed, direction):
    check(random_graph(seed, boxes=3 + 4 * seed, frames=0), direction)


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("seed", range(12))
def test_random_with_frames(seed, direction):
    check(random_graph(seed, boxes=2 + 3 * seed, frames=1 + seed % 6), direction)


@pytest.mark.parametrize("seed", range(4))
def test_frames_that_follow_each_other_lie_below_each_other(seed):
    random = Random(seed)
    sizes, edges, clusters = [(80.0, 30.0)], [], []
    trunk = 0
    for _ in range(6):
        members = []
        for _ in range(random.randint(1, 4)):
            weight, new = len(sizes), len(sizes) + 1
            sizes += [(60.0, 30.0), (80.0, 30.0)]
            edges += [(trunk, new, 8.0), (weight, new, 1.0)]
            members += [weight, new]
            trunk = new
        clusters.append(Cluster(members, None, 20.0, 100.0))
    graph = Graph(sizes, edges, clusters)
    layout = check(graph)
    for above, below in pairwise(layout.boxes):
        assert above[3] < below[1]
    # and the way of the data is one straight line
    assert len({layout.centres[u][0] for u, _, weight in edges if weight == 8}) == 1


def test_a_source_is_right_above_what_uses_it():
    sizes = [(50.0, 20.0)] * 7
    edges = [(0, 1, 8.0), (1, 2, 8.0), (2, 3, 8.0), (4, 5, 1.0), (5, 3, 1.0), (6, 1, 1.0)]
    centres = check(Graph(sizes, edges)).centres
    assert centres[5][1] == centres[2][1]
    assert centres[4][1] == centres[1][1]
    assert centres[6][1] == centres[0][1]


def test_nothing():
    layout = check(Graph([]))
    assert (layout.width, layout.height) == (0.0, 0.0)


def test_one_box():
    layout = check(Graph([(70.0, 30.0)]))
    assert layout.centres == [(35.0, 15.0)]
    assert (layout.width, layout.height) == (70.0, 30.0)


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_empty_frames_keep_room_for_their_titles(direction):
    clusters = [Cluster([], None, 20.0, 90.0), Cluster([0], None, 20.0), Cluster([], 1, 15.0, 60.0)]
    clusters += [Cluster([]), Cluster([], 3)]
    layout = check(Graph([(40.0, 20.0)], [], clusters), direction)
    for cluster, (_, y0, _, y1) in zip(clusters, layout.boxes):
        assert y1 - y0 >= cluster.header


def test_an_edge_given_twice_has_two_arrows():
    layout = check(Graph([(80.0, 30.0), (80.0, 30.0)], [(0, 1, 8.0), (0, 1, 8.0)]))
    assert layout.routes[0] != layout.routes[1]


@pytest.mark.parametrize("turned", [False, True])
def test_wide_fan(turned):
    edges = [(0, v, 1.0) if turned else (v, 0, 1.0) for v in range(1, 51)]
    layout = check(Graph([(60.0, 30.0)] * 51, edges))
    ends = [route[0 if turned else -1][0] for route in layout.routes]
    assert ends == sorted(ends)
    middle = sum(x for x, _ in layout.centres[1:]) / 50
    assert layout.centres[0][0] == pytest.approx(middle, abs=60)


def test_a_value_used_by_fifty_is_one_line_with_branches():
    edges = [(v, v + 1, 8.0) for v in range(1, 50)] + [(0, v, 1.0) for v in range(1, 51)]
    layout = check(Graph([(60.0, 30.0)] * 51, edges))
    assert layout.width < 250


def test_arrows_of_one_box_go_around_another_on_both_sides_if_they_cross_otherwise():
    # as in batch normalisation: mu = mean(x), and x - mu twice
    edges = [(0, 1, 1.0), (0, 2, 1.0), (0, 3, 1.0), (1, 2, 1.0), (1, 3, 1.0)]
    layout = check(Graph([(60.0, 30.0)] * 4, edges))
    middle = layout.centres[1][0]
    ways = [[x - middle for x, y in layout.routes[e] if 56 < y < 86] for e in (1, 2)]
    assert max(ways[0]) < 0 < min(ways[1]) or max(ways[1]) < 0 < min(ways[0])


def test_parts_are_side_by_side():
    edges = [(0, 1, 1.0), (1, 2, 1.0), (3, 4, 1.0)]
    layout = check(Graph([(60.0, 30.0)] * 5, edges))
    assert [y for _, y in layout.centres] == [15.0, 71.0, 127.0, 15.0, 71.0]
    assert layout.centres[3][0] - layout.centres[0][0] == 90.0


def test_long_chain():
    layout = layered(Graph([(60.0, 30.0)] * CHAIN, [(v, v + 1, 8.0) for v in range(CHAIN - 1)]))
    assert layout.width == 60.0
    assert layout.centres[-1][1] == 56.0 * (CHAIN - 1) + 15.0


def test_more_long_edges_than_there_is_room_for():
    # as a forward pass and its backward pass, where each value is needed again
    half = 600
    edges = [(v, v + 1, 8.0) for v in range(2 * half - 1)]
    edges += [(v, 2 * half - 1 - v, 1.0) for v in range(half - 1)]
    graph = Graph([(60.0, 30.0)] * (2 * half), edges)
    layout = layered(graph)
    assert len({x for x, _ in layout.centres}) == 1
    assert all(len(route) >= 4 for route in layout.routes)


def test_cycles_are_refused():
    with pytest.raises(ValueError, match="form a cycle"):
        layered(Graph([(9.0, 9.0)] * 3, [(0, 1, 1.0), (1, 2, 1.0), (2, 1, 1.0)]))
    with pytest.raises(ValueError, match="form a cycle"):
        layered(Graph([(9.0, 9.0)], [(0, 0, 1.0)]))
    with pytest.raises(ValueError, match="lies in itself"):
        layered(Graph([], [], [Cluster([], 1), Cluster([], 0)]))
