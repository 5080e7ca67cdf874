"""Where the boxes and arrows of a drawing go: a layered layout in plain Python.

The steps are those of Sugiyama, Tagawa and Toda (1981). Every box gets a rank, below all boxes
that it has an arrow from; long arrows get a dummy box on each rank that they pass; the boxes of a
rank are put in an order with few crossings; boxes that a heavy arrow joins are put straight below
each other, in blocks; the blocks are pulled together as far as their neighbours let them; arrows
are curves that bend only between the ranks. Frames keep their boxes together in all of this: a
frame is one item in the order of the ranks that it spans, and its left and right sides are blocks.

Nothing recurses, and nothing depends on more than the graph: the same graph, the same layout.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["Cluster", "Graph", "Layout", "layered"]

Point = tuple[float, float]

RANK = 26.0  # least distance between two ranks
BOX = 18.0  # between two boxes of a rank
WIRE = 11.0  # between two arrows that pass a rank, or an arrow and a box
PAD = 10.0  # between a frame and what is in it
FRAME = 14.0  # between a frame and what is beside it
PART = 30.0  # between two parts that no arrow joins
PORT = 22.0  # most between the tips of two arrows that end at one box
TIE = 1 / 64  # how strongly a frame is tied to what is in it, in weights of an arrow

# How much straighter a piece of an arrow should be if none, one, both of its ends are on ranks that
# the arrow only passes: jogs far from any box look like errors, but boxes in a row come before
# the place where an arrow turns aside to pass them.
STRAIGHT = (2.0, 1.0, 4.0)

Sized = tuple[float, float]
Step = TypeVar("Step", int, float)
Wanted = tuple[tuple[float, int], tuple[int, int]]  # how much, and from which item to which


@dataclass(frozen=True, slots=True)
class Cluster:
    """Boxes to keep together in a frame, with room for a title at the top.

    `members` are the boxes directly in it; those of a cluster inside it are named there, and
    `parent` is the index of the cluster that it lies in (None: in no other). `header` is the
    height to keep free for the title and `width` the least width of the frame, in points.
    """

    members: list[int]
    parent: int | None = None
    header: float = 0.0
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Graph:
    """What is to be laid out: the sizes of boxes, arrows between them, frames around them.

    `sizes` are (width, height) in points. `edges` are (tail, head, weight): the heavier, the
    straighter; an edge may be given more than once. Edges form no cycle.
    """

    sizes: list[Sized]
    edges: list[tuple[int, int, float]] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes, in points from the top left corner, y downward.

    `centres` of the boxes; `routes`, for each edge the 3n + 1 control points of n cubic Bezier
    curves from the border of its tail to that of its head; `boxes`, the frame (x0, y0, x1, y1)
    of each cluster. Everything lies between (0, 0) and (width, height).
    """

    centres: list[Point]
    routes: list[list[Point]]
    boxes: list[tuple[float, float, float, float]]
    width: float
    height: float


def layered(graph: Graph, direction: str = "TB") -> Layout:
    """Our own layout: arrows point down ("TB") or right ("LR"), nothing overlaps.

    Raises ValueError where edges form a cycle.

    >>> layout = layered(Graph([(40.0, 20.0), (60.0, 20.0)], [(0, 1, 1.0)]))
    >>> layout.centres
    [(30.0, 10.0), (30.0, 56.0)]
    >>> layout.routes
    [[(30.0, 20.0), (30.0, 28.67), (30.0, 37.33), (30.0, 46.0)]]
    """
    turned = direction == "LR"
    sizes = [(h, w) if turned else (w, h) for w, h in graph.sizes]
    around = _enclosing(graph.clusters)
    members = [list(cluster.members) for cluster in graph.clusters]
    filled = {c for chain, m in zip(around, members) if m for c in chain}
    for c, chain in enumerate(around):
        if c not in filled and not any(c in other[:-1] for other in around):
            members[c].append(len(sizes))  # an empty frame is laid out around nothing
            sizes.append((0.0, 0.0))
            filled.update(chain)
    home = [-1] * len(sizes)
    for c, boxes in enumerate(members):
        for v in boxes:
            home[v] = c
    centres: list[Point] = [(0.0, 0.0)] * len(sizes)
    routes: list[list[Point]] = [[] for _ in graph.edges]
    frames = [(0.0, 0.0, 0.0, 0.0)] * len(members)
    left = height = 0.0

    def point(x: float, y: float) -> Point:
        return (round(y, 2), round(x, 2)) if turned else (round(x, 2), round(y, 2))

    for part in _parts(len(sizes), graph.edges, home, around):
        done = _Part(part, graph, sizes, home, around, turned)
        dx, dy = left - done.left, -done.upper
        for v, (x, y) in done.centres.items():
            centres[v] = point(x + dx, y + dy)
        for e, route in done.routes.items():
            routes[e] = [point(x + dx, y + dy) for x, y in route]
        for c, (x0, y0, x1, y1) in done.frames.items():
            frames[c] = point(x0 + dx, y0 + dy) + point(x1 + dx, y1 + dy)
        left += done.width + PART
        height = max(height, done.height)
    size = point(max(0.0, left - PART), height)
    return Layout(centres[: len(graph.sizes)], routes, frames, *size)


def _enclosing(clusters: list[Cluster]) -> list[list[int]]:
    """For each cluster, those around it and itself, outermost first."""
    found = []
    for c in range(len(clusters)):
        chain: list[int] = []
        at: int | None = c
        while at is not None:
            if at in chain:
                raise ValueError(f"layered: cluster {c} lies in itself; give it another parent.")
            chain.append(at)
            at = clusters[at].parent
        found.append(chain[::-1])
    return found


def _parts(
    n: int, edges: list[tuple[int, int, float]], home: list[int], chains: list[list[int]]
) -> list[tuple[list[int], list[int], list[int]]]:
    """The parts that share no edge and no frame: (boxes, edges, clusters) of each."""
    root = list(range(n + len(chains)))

    def find(v: int) -> int:
        while root[v] != v:
            root[v] = v = root[root[v]]
        return v

    pairs = [(u, v) for u, v, _ in edges]
    pairs += [(v, n + c) for v, c in enumerate(home) if c >= 0]
    pairs += [(n + chain[-2], n + c) for c, chain in enumerate(chains) if len(chain) > 1]
    for u, v in pairs:
        a, b = find(u), find(v)
        root[max(a, b)] = min(a, b)
    parts: dict[int, tuple[list[int], list[int], list[int]]] = {}
    for v in range(n):
        parts.setdefault(find(v), ([], [], []))[0].append(v)
    for e, (u, _, _) in enumerate(edges):
        parts[find(u)][1].append(e)
    for c in range(len(chains)):
        parts[find(n + c)][2].append(c)
    return list(parts.values())


def _ranks(
    boxes: list[int], edges: dict[tuple[int, int], float], home: list[int], chains: list[list[int]]
) -> dict[int, int]:
    """The rank of each box: below all its tails, as far up as it can be, sources as far down.

    A frame is kept below what leads into it and above what it leads to, where the edges let it:
    frames that follow each other then lie below each other, not side by side. For this, a frame
    has a top and a bottom among the vertices: ~2c and ~(2c + 1), its boxes lie between them.
    """
    arcs: dict[int, list[tuple[int, int]]] = {v: [] for v in boxes}  # (head, least distance)
    for v in boxes:
        inner = v
        for c in reversed(chains[home[v]] if home[v] >= 0 else []):
            top, bottom = ~(2 * c), ~(2 * c + 1)
            known = top in arcs
            arcs.setdefault(top, []).append((inner, 0))
            arcs.setdefault(bottom, [])
            arcs[inner if inner >= 0 else inner - 1].append((bottom, 0))
            if known:
                break
            inner = top
    between: list[tuple[int, int]] = []
    for u, v in edges:
        arcs[u].append((v, 1))
        a = chains[home[u]] if home[u] >= 0 else []
        b = chains[home[v]] if home[v] >= 0 else []
        same = 0
        while same < min(len(a), len(b)) and a[same] == b[same]:
            same += 1
        for level in range(same, max(len(a), len(b))):
            tail = ~(2 * a[level] + 1) if level < len(a) else u
            head = ~(2 * b[level]) if level < len(b) else v
            between.append((tail, head))
    for tail, head in between:
        arcs[tail].append((head, 1))
    group = _strong(arcs) if between else {}
    if len(set(group.values())) < len(group):  # some frames lead into each other, both ways
        apart = set(between) - set(edges)
        arcs = {
            tail: [
                (head, least)
                for head, least in heads
                if group[tail] != group[head] or (tail, head) not in apart
            ]
            for tail, heads in arcs.items()
        }

    order, rank = _longest_ways(arcs)
    if len(order) < len(arcs):
        raise ValueError("layered: the edges form a cycle; leave out those that lead back.")

    # What it costs to move a box down: edges get longer, unless the tail can follow.
    fan = dict.fromkeys(boxes, 0)
    down = dict.fromkeys(boxes, 0.0)
    cost = dict.fromkeys(boxes, 0.0)
    tails: dict[int, list[int]] = {v: [] for v in boxes}
    for (u, v), weight in edges.items():
        fan[u] += 1
        down[u] += weight
        tails[v].append(u)
    for v in order:
        if v >= 0:
            for u in tails[v]:
                weight = edges[u, v]
                cost[v] += weight if fan[u] > 1 else min(weight, cost[u])
    for v in reversed(order):
        if arcs[v] and (v < 0 or down[v] > cost[v]) and (v >= 0 or ~v % 2 == 0):
            rank[v] = min(rank[head] - least for head, least in arcs[v])
    used = {r: i for i, r in enumerate(sorted({rank[v] for v in boxes}))}
    return {v: used[rank[v]] for v in boxes}


def _longest_ways(arcs: dict[int, list[tuple[int, Step]]]) -> tuple[list[int], dict[int, Step]]:
    """The vertices, tails before heads, and how long the longest way to each of them is.

    What lies behind a cycle is in neither order nor, with its true length, in the ways.
    """
    into = dict.fromkeys(arcs, 0)
    for heads in arcs.values():
        for head, _ in heads:
            into[head] += 1
    longest: dict[int, Any] = dict.fromkeys(arcs, 0)
    order = [v for v in arcs if not into[v]]
    for v in order:  # grows while it is walked
        for head, step in arcs[v]:
            longest[head] = max(longest[head], longest[v] + step)
            into[head] -= 1
            if not into[head]:
                order.append(head)
    return order, longest


def _strong(arcs: dict[int, list[tuple[int, int]]]) -> dict[int, int]:
    """The strongly connected component of each vertex (Tarjan's, with a stack of our own)."""
    seen: dict[int, int] = {}
    low: dict[int, int] = {}
    group: dict[int, int] = {}
    open_: list[int] = []
    for start in arcs:
        if start in seen:
            continue
        walk = [(start, iter(arcs[start]))]
        seen[start] = low[start] = len(seen)
        open_.append(start)
        while walk:
            v, heads = walk[-1]
            for head, _ in heads:
                if head not in seen:
                    seen[head] = low[head] = len(seen)
                    open_.append(head)
                    walk.append((head, iter(arcs[head])))
                    break
                if head not in group:
                    low[v] = min(low[v], seen[head])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[v])
                if low[v] == seen[v]:
                    while v not in group:
                        group[open_.pop()] = v
    return group


class _Part:
    """One part of a graph, laid out by itself; what it holds is numbered anew from 0.

    Items are the boxes, then the dummies of long edges, then the sides of frames on each rank.
    """

    def __init__(
        self,
        part: tuple[list[int], list[int], list[int]],
        graph: Graph,
        sizes: list[Sized],
        home: list[int],
        chains: list[list[int]],
        turned: bool,
    ) -> None:
        boxes, edges, self.frame_list = part
        number = {v: i for i, v in enumerate(boxes)}
        self.count = len(boxes)
        self.wide = [sizes[v][0] for v in boxes]
        self.tall = [sizes[v][1] for v in boxes]
        self.home = [home[v] for v in boxes]
        self.chains = chains
        self.clusters = graph.clusters
        self.turned = turned
        self.pairs: dict[tuple[int, int], float] = {}  # duplicates are one edge until routed
        for e in edges:
            u, v, weight = graph.edges[e]
            pair = number[u], number[v]
            self.pairs[pair] = max(weight, self.pairs.get(pair, 0.0))
        ranks = _ranks(list(range(self.count)), self.pairs, self.home, chains)
        self.rank = [ranks[v] for v in range(self.count)]
        self._span()
        self.apart: set[int] = set()  # the boxes whose arrows don't share their dummies
        crossings = self._order()
        if crossings:
            self._untangle(crossings)
        self._columns()
        self._rows()
        self.centres = {v: (self.x[i], self.y[i]) for v, i in number.items()}
        ends = [(e, number[graph.edges[e][0]], number[graph.edges[e][1]]) for e in edges]
        self.routes = self._routes(ends)
        self._measure()

    # -- what is on which rank ------------------------------------------------------------------

    def _chain(self, c: int) -> list[int]:
        return self.chains[c] if c >= 0 else []

    def _span(self) -> None:
        """The first and the last rank of each frame."""
        self.first: dict[int, int] = {}
        self.last: dict[int, int] = {}
        for v, c in enumerate(self.home):
            for around in self._chain(c):
                self.first[around] = min(self.first.get(around, self.rank[v]), self.rank[v])
                self.last[around] = max(self.last.get(around, self.rank[v]), self.rank[v])
        self.depth = 1 + max(self.rank)
        self.frame_list.sort(key=lambda c: len(self.chains[c]))  # from the outside in
        self.inside: dict[int, list[int]] = {}
        for c in self.frame_list:
            if len(self.chains[c]) > 1:
                self.inside.setdefault(self.chains[c][-2], []).append(c)

    def _order(self) -> int:
        """Dummies, and what is beside what on each rank; returns how many arrows cross."""
        del self.rank[self.count :], self.home[self.count :], self.wide[self.count :]
        self._wires()
        self._sides()
        return self._arrange()

    def _untangle(self, best: int) -> None:
        """Give the arrows of a box ways of their own, if fewer cross then."""
        long = Counter(u for (u, _), way in self.path.items() if len(way) > 2)
        several = [u for u, times in long.items() if 1 < times < 5]
        if len(several) * len(self.wide) > 2000:
            return
        for u in several:
            self.apart.add(u)
            crossings = self._order()
            if crossings >= best:
                self.apart.remove(u)
            best = min(best, crossings)
        self._order()

    def _wires(self) -> None:
        """Dummies on the ranks that an edge passes, shared by the edges of a tail.

        A dummy lies in the frames of the tail while they last, then in those of the head.
        Where there would be too many, the longest edges get none and lead straight across.
        """
        dummy: dict[tuple[int, int, int, int], int] = {}
        left, steps = 5000 + 2 * self.count, 150_000
        path: dict[tuple[int, int], list[int]] = {}
        for u, v in sorted(self.pairs, key=lambda p: self.rank[p[1]] - self.rank[p[0]]):
            out, into = self._chain(self.home[u]), self._chain(self.home[v])
            way = [u]
            steps -= self.rank[v] - self.rank[u]
            if self.rank[v] - self.rank[u] - 1 <= left and steps > 0:
                for r in range(self.rank[u] + 1, self.rank[v]):
                    inside = [c for c in out if r <= self.last[c]]
                    if len(inside) < len(into) and inside == into[: len(inside)]:
                        inside = [c for c in into if self.first[c] <= r]
                    frame = inside[-1] if inside else -1
                    key = u, r, frame, v if u in self.apart else -1
                    if key not in dummy:
                        dummy[key] = len(self.rank)
                        self.rank.append(r)
                        self.home.append(frame)
                        left -= 1
                    way.append(dummy[key])
            path[u, v] = [*way, v]
        self.path = {pair: path[pair] for pair in self.pairs}
        self.items = len(self.rank)  # without the sides of frames
        self.wide += [0.0] * (self.items - self.count)

        # The longest way through an edge tells the trunk from a shorter branch.
        before, after = [0] * self.count, [0] * self.count
        by_rank = sorted(self.pairs, key=lambda p: self.rank[p[0]])
        for u, v in by_rank:
            before[v] = max(before[v], before[u] + 1)
        for u, v in sorted(by_rank, key=lambda p: -self.rank[p[1]]):
            after[u] = max(after[u], after[v] + 1)
        self.segments: dict[tuple[int, int], tuple[float, int]] = {}
        self.up: list[list[tuple[int, float]]] = [[] for _ in range(self.items)]
        self.down: list[list[tuple[int, float]]] = [[] for _ in range(self.items)]
        for (u, v), way in self.path.items():
            if len(way) == 2 and self.rank[v] > self.rank[u] + 1:
                continue
            for a, b in itertools.pairwise(way):
                rank = self.pairs[u, v], before[u] + after[v]
                self.segments[a, b] = max(rank, self.segments.get((a, b), rank))
        for (a, b), (weight, _) in self.segments.items():
            self.down[a].append((b, weight))
            self.up[b].append((a, weight))

    def _sides(self) -> None:
        """An item for the left and one for the right side of each frame on each of its ranks."""
        self.side: dict[int, int] = {}
        self.owner: list[int] = []
        for c in self.frame_list:
            self.side[c] = self.items + len(self.owner)
            self.owner += [c] * (2 * (self.last[c] - self.first[c] + 1))
        self.wide += [0.0] * len(self.owner)

    def _left(self, c: int, r: int) -> int:
        return self.side[c] + 2 * (r - self.first[c])

    # -- the order of each rank -----------------------------------------------------------------

    def _arrange(self) -> int:
        """Orders of the ranks with few crossings: sweeps by the means of neighbours."""
        seen = self._walk()
        lead = dict.fromkeys(self.frame_list, self.items)
        for v, c in enumerate(self.home):
            for around in self._chain(c):
                lead[around] = min(lead[around], seen[v])
        # On each rank, for each frame (-1: for none) what is directly in it; frames as ~c.
        self.levels: list[dict[int, list[int]]] = [{-1: []} for _ in range(self.depth)]
        for c in self.frame_list:
            for r in range(self.first[c], self.last[c] + 1):
                self.levels[r][c] = []
                parent = self.chains[c][-2] if len(self.chains[c]) > 1 else -1
                self.levels[r][parent].append(~c)
        for v in range(self.items):
            self.levels[self.rank[v]][self.home[v]].append(v)
        for level in self.levels:
            for entries in level.values():
                entries.sort(key=lambda i: seen[i] if i >= 0 else lead[~i])
        self.pos = [0] * len(self.wide)
        self.rows = [self._row(r) for r in range(self.depth)]
        best = self._crossings()
        if not best:
            return 0
        kept = self._copy()
        work = len(self.segments) + len(self.wide)
        for sweep in range(max(2, min(16, 100_000 // work))):
            if not best:
                break
            self._sweep(downward=sweep % 2 == 0)
            if work < 6000:
                self._swap()
            crossings = self._crossings()
            if crossings < best:
                best, kept = crossings, self._copy()
        self.levels = kept
        self.rows = [self._row(r) for r in range(self.depth)]
        return best

    def _walk(self) -> list[int]:
        """When each item is met on a walk from the results up, first operands first."""
        seen = [-1] * self.items
        met = 0
        for end in range(self.items):
            if self.down[end]:
                continue
            stack = [end]
            while stack:
                v = stack.pop()
                if seen[v] < 0:
                    seen[v] = met
                    met += 1
                    stack += [u for u, _ in reversed(self.up[v])]
        return seen

    def _copy(self) -> list[dict[int, list[int]]]:
        return [{c: list(entries) for c, entries in level.items()} for level in self.levels]

    def _row(self, r: int) -> list[int]:
        """The items of a rank from left to right, sides of frames included; sets `pos`."""
        level = self.levels[r]
        if len(level) == 1:
            row = level[-1]
        else:
            row = []
            stack = [iter(level[-1])]
            while stack:
                for entry in stack[-1]:
                    if entry >= 0:
                        row.append(entry)
                        continue
                    row.append(self._left(~entry, r))
                    inside = self._left(~entry, r) + 1
                    stack.append(iter([*level[~entry], inside]))
                    break
                else:
                    stack.pop()
        for i, item in enumerate(row):
            self.pos[item] = i
        return row

    def _sweep(self, downward: bool) -> None:
        """Sort each rank by where the neighbours on the one before are."""
        near = self.up if downward else self.down
        step = 1 if downward else -1
        pos = self.pos
        for r in range(self.depth)[::step][1:]:
            key: dict[int, float] = {}
            level = self.levels[r]
            for c in reversed(level):  # inner frames first, for theirs is the mean of their items
                entries = level[c]
                for v in entries:
                    if v >= 0 and near[v]:
                        total = sum([w for _, w in near[v]])
                        key[v] = sum([w * pos[u] for u, w in near[v]]) / total
                    elif v < 0 and v not in key and self.first[~v] <= r - step <= self.last[~v]:
                        left = self._left(~v, r - step)
                        key[v] = (pos[left] + pos[left + 1]) / 2
                known = [key[v] for v in entries if v in key]
                if c >= 0 and known:
                    key[~c] = sum(known) / len(known)
                self._place(entries, key, r - step)
            self.rows[r] = self._row(r)

    def _place(self, entries: list[int], key: dict[int, float], before: int) -> None:
        """Sort those that have a key among their places; frames stay in the order of `before`."""
        places = [i for i, v in enumerate(entries) if v in key]
        moved = sorted([entries[i] for i in places], key=key.__getitem__)
        for i, v in zip(places, moved):
            entries[i] = v
        places = [
            i for i, v in enumerate(entries) if v < 0 and self.first[~v] <= before <= self.last[~v]
        ]
        if len(places) > 1:
            frames = sorted(
                [entries[i] for i in places], key=lambda v: self.pos[self._left(~v, before)]
            )
            for i, v in zip(places, frames):
                entries[i] = v

    def _swap(self) -> None:
        """Exchange neighbours of a rank where that takes crossings away."""
        pos = self.pos
        for _ in range(4):
            better = False
            for r in range(self.depth):
                for entries in self.levels[r].values():
                    for i in range(len(entries) - 1):
                        a, b = entries[i : i + 2]
                        if a < 0 or b < 0:
                            continue
                        gain = 0
                        for near in (self.up, self.down):
                            for u, _ in near[a]:
                                for v, _ in near[b]:
                                    gain += (pos[u] > pos[v]) - (pos[u] < pos[v])
                        if gain > 0:
                            entries[i], entries[i + 1] = b, a
                            pos[a], pos[b] = pos[b], pos[a]
                            better = True
            if not better:
                return

    def _crossings(self) -> int:
        """How many segments cross, sides of frames included."""
        ends: list[list[tuple[int, int]]] = [[] for _ in range(self.depth)]
        pos = self.pos
        for a, b in self.segments:
            ends[self.rank[a]].append((pos[a], pos[b]))
        for c in self.frame_list:
            for r in range(self.first[c], self.last[c]):
                left = self._left(c, r)
                ends[r] += [(pos[left], pos[left + 2]), (pos[left + 1], pos[left + 3])]
        crossings = 0
        for pairs in ends:
            if len(pairs) > 1:
                pairs.sort()
                below: list[int] = []
                for _, b in pairs:
                    crossings += len(below) - bisect_right(below, b)
                    insort(below, b)
        return crossings

    # -- x: straight blocks, pulled together ----------------------------------------------------

    def _columns(self) -> None:
        """The x of everything."""
        block = self._blocks()
        count = max(block) + 1
        least: dict[tuple[int, int], float] = {}  # between the middles of two blocks
        for row in self.rows:
            for a, b in itertools.pairwise(row):
                pair = block[a], block[b]
                least[pair] = max(least.get(pair, 0.0), self._apart(a, b))
        ties: dict[tuple[int, int], float] = {}

        def tie(a: int, b: int, weight: float) -> None:
            if block[a] != block[b]:
                pair = min(block[a], block[b]), max(block[a], block[b])
                ties[pair] = ties.get(pair, 0.0) + weight

        for (a, b), (weight, _) in self.segments.items():
            tie(a, b, weight)
        for v, c in enumerate(self.home):
            if c >= 0:
                tie(v, self.side[c], TIE)
                tie(v, self.side[c] + 1, TIE)
        for c in self.frame_list:
            left = self.side[c]
            if not self.turned:
                pair = block[left], block[left + 1]
                least[pair] = max(least.get(pair, 0.0), self.clusters[c].width)
            if len(self.chains[c]) > 1:
                around = self.side[self.chains[c][-2]]
                for a in (left, left + 1):
                    tie(a, around, TIE)
                    tie(a, around + 1, TIE)
        x = _settle(count, least, ties)
        self.x = [x[b] for b in block]

    def _apart(self, a: int, b: int) -> float:
        """The least distance of two neighbours on a rank, from middle to middle."""
        left, right = self._kind(a), self._kind(b)
        if left == "[":
            gap = PAD + (self.clusters[self.owner[a - self.items]].header if self.turned else 0.0)
        elif right == "]":
            gap = PAD
        elif left == "]" or right == "[":
            gap = FRAME
        else:
            gap = BOX if left == right == "box" else WIRE
        return (self.wide[a] + self.wide[b]) / 2 + gap

    def _kind(self, item: int) -> str:
        if item < self.items:
            return "box" if item < self.count else "wire"
        return "[]"[(item - self.items) % 2]

    def _blocks(self) -> list[int]:
        """Which items are straight below each other: the number of the block of each.

        Between two ranks, segments are made straight in the order of their weight if they cross
        none that already is. Where an item could go straight to several alike, it goes to the one
        in the middle, or lies between them.
        """
        wanted: list[list[Wanted]] = [[] for _ in range(self.depth)]
        for (a, b), (weight, length) in self.segments.items():
            factor = STRAIGHT[(a >= self.count) + (b >= self.count)]
            wanted[self.rank[a]].append(((-weight * factor, -length), (a, b)))
        upper: dict[int, int] = {}  # item -> the one straight above it
        straight: list[list[tuple[int, int]]] = [[] for _ in range(self.depth)]  # places
        for c in self.frame_list:
            for r in range(self.first[c], self.last[c]):
                for a in (self._left(c, r), self._left(c, r) + 1):
                    upper[a + 2] = a
                    straight[r].append((self.pos[a], self.pos[a + 2]))
        for r, segments in enumerate(wanted):
            segments.sort()
            full_above: set[int] = set()
            full_below: set[int] = set()
            done = sorted(straight[r])
            if len(segments) > 1:
                segments = self._ties(segments, full_above, full_below)
            for _, (a, b) in segments:
                if a in full_below or b in full_above:
                    continue
                place = self.pos[a], self.pos[b]
                at = bisect_left(done, place)
                if (at and done[at - 1][1] >= place[1]) or (
                    at < len(done) and done[at][1] <= place[1]
                ):
                    continue
                done.insert(at, place)
                full_below.add(a)
                full_above.add(b)
                upper[b] = a
        block = [-1] * len(self.wide)
        count = 0
        for row in self.rows:
            for item in row:
                if item in upper:
                    block[item] = block[upper[item]]
                else:
                    block[item] = count
                    count += 1
        return block

    def _ties(
        self, segments: list[Wanted], full_above: set[int], full_below: set[int]
    ) -> list[Wanted]:
        """The segments without those that are as good as a better placed one of the same item."""
        out: set[tuple[int, int]] = set()
        for end, full in ((1, full_above), (0, full_below)):
            best: dict[int, list[Wanted]] = {}
            for segment in segments:  # sorted, so that the best come first
                alike = best.setdefault(segment[1][end], [])
                if not alike or alike[0][0] == segment[0]:
                    alike.append(segment)
            for item, alike in best.items():
                if len(alike) % 2 == 0:
                    full.add(item)
                else:
                    alike.sort(key=lambda s: self.pos[s[1][1 - end]])
                    del alike[len(alike) // 2]
                    out.update(s[1] for s in alike)
        return [s for s in segments if s[1] not in out]

    # -- y, and the way of the arrows -----------------------------------------------------------

    def _rows(self) -> None:
        """The y of boxes, ranks and frames; ranks are as far apart as frames between them need."""
        height = [0.0] * self.depth
        for v in range(self.count):
            height[self.rank[v]] = max(height[self.rank[v]], self.tall[v])
        above, below = [0.0] * self.depth, [0.0] * self.depth  # what frames need there
        top: dict[int, float] = {}
        bottom: dict[int, float] = {}
        for c in reversed(self.frame_list):  # inner ones first
            cluster, first, last = self.clusters[c], self.first[c], self.last[c]
            inner = self.inside.get(c, [])
            top[c] = max([top[d] for d in inner if self.first[d] == first], default=0.0) + PAD
            bottom[c] = max([bottom[d] for d in inner if self.last[d] == last], default=0.0) + PAD
            if self.turned:
                size = top[c] + bottom[c] + sum(height[first : last + 1])
                size += sum(below[first:last]) + sum(above[first + 1 : last + 1])
                bottom[c] += max(0.0, cluster.width - size - RANK * (last - first))
            else:
                top[c] += cluster.header
            above[first] = max(above[first], top[c])
            below[last] = max(below[last], bottom[c])
        self.top, self.bottom = [0.0] * self.depth, height[:]  # of the boxes of each rank
        for r in range(1, self.depth):
            self.top[r] = self.bottom[r - 1] + below[r - 1] + RANK + above[r]
            self.bottom[r] = self.top[r] + height[r]
        self.y = [(self.top[r] + self.bottom[r]) / 2 for r in self.rank[: self.count]]
        # Between two ranks, arrows turn only where no frame begins or ends.
        self.turn = [(b + gap, b + gap + RANK) for b, gap in zip(self.bottom, below)]
        self.frames = {}
        for c in self.frame_list:
            left = self.side[c]
            y0, y1 = self.top[self.first[c]] - top[c], self.bottom[self.last[c]] + bottom[c]
            self.frames[c] = self.x[left], y0, self.x[left + 1], y1

    def _routes(self, ends: list[tuple[int, int, int]]) -> dict[int, list[Point]]:
        """The curves of the edges (e, tail, head)."""
        tips = self._tips(ends)
        times = Counter((u, v) for _, u, v in ends)
        routes = {}
        for e, u, v in ends:
            way = self.path[u, v]
            # The same value twice: two lines beside each other.
            twice = len(way) == 2 and self.x[u] == self.x[v] and times[u, v] > 1
            start = tips[e] if twice and abs(tips[e] - self.x[u]) < self.wide[u] / 2 else self.x[u]
            route = [(start, self.y[u] + self.tall[u] / 2)]
            end = tips[e], self.y[v] - self.tall[v] / 2
            if self.rank[v] - self.rank[u] > len(way) - 1:  # straight across
                _bend(route, end)
            else:
                for item in way[1:]:
                    x = tips[e] if item == v else self.x[item]
                    y0, y1 = self.turn[self.rank[item] - 1]
                    _line(route, (route[-1][0], y0))
                    _bend(route, (x, y1))
                _line(route, end)
            routes[e] = route
        return routes

    def _tips(self, ends: list[tuple[int, int, int]]) -> dict[int, float]:
        """The x where each edge ends: beside each other, one that comes straight in the middle."""
        into: dict[int, list[tuple[float, int]]] = {}
        for e, u, v in ends:
            into.setdefault(v, []).append((self.x[self.path[u, v][-2]], e))
        tips = {}
        for v, edges in into.items():
            edges.sort()
            straight = [i for i, (x, _) in enumerate(edges) if x == self.x[v]]
            middle = sum(straight) / len(straight) if straight else (len(edges) - 1) / 2
            furthest = max(middle, len(edges) - 1 - middle)
            step = min(PORT, 0.4 * self.wide[v] / furthest) if furthest else 0.0
            for i, (_, e) in enumerate(edges):
                tips[e] = self.x[v] + (i - middle) * step
        return tips

    def _measure(self) -> None:
        """Where the top left corner is, and how large the part is."""
        xs = self.x + [x for route in self.routes.values() for x, _ in route]
        xs += [x + side * w / 2 for x, w in zip(self.x, self.wide) for side in (-1, 1)]
        ys = [y for frame in self.frames.values() for y in frame[1::2]]
        self.left, self.upper = min(xs), min([0.0, *ys])
        self.width, self.height = max(xs) - self.left, max([self.bottom[-1], *ys]) - self.upper


def _line(route: list[Point], end: Point) -> None:
    """Go on straight to `end`."""
    x0, y0 = route[-1]
    x1, y1 = end
    if (x0, y0) == (x1, y1):
        return
    if len(route) > 1 and route[-2][0] == route[-3][0] == x0 == x1:  # one long line, not many
        del route[-3:]
        x0, y0 = route[-1]
    route += [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (1 / 3, 2 / 3)] + [end]


def _bend(route: list[Point], end: Point) -> None:
    """Turn aside to `end`, up and down at both ends."""
    x0, y0 = route[-1]
    x1, y1 = end
    if x0 == x1:
        _line(route, end)
    else:
        middle = (y0 + y1) / 2
        route += [(x0, middle), (x1, middle), end]


def _settle(
    count: int, least: dict[tuple[int, int], float], ties: dict[tuple[int, int], float]
) -> list[float]:
    """Places of blocks at their `least` distances or more, near those that they are tied to.

    Each block is drawn to the mean of its ties. Blocks that press against each other move as
    one (Sander 1996), so that what is in the way of a heavy block is pushed aside.
    """
    after: dict[int, list[tuple[int, float]]] = {a: [] for a in range(count)}
    before: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for (a, b), gap in least.items():
        after[a].append((b, gap))
        before[b].append((a, gap))
    order, low = _longest_ways(after)
    high = [max(low.values())] * count
    for a in reversed(order):
        for b, gap in after[a]:
            high[a] = min(high[a], high[b] - gap)
    x = [(low[a] + high[a]) / 2 for a in range(count)]

    near: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for (a, b), weight in ties.items():
        near[a].append((b, weight))
        near[b].append((a, weight))
    total = [sum([weight for _, weight in pairs]) for pairs in near]
    for _ in range(max(3, min(80, 400_000 // (count + len(least) + len(ties))))):
        pull = [
            sum([weight * (x[b] - x[a]) for b, weight in near[a]]) / total[a] if total[a] else 0.0
            for a in range(count)
        ]
        group, pull = _pressing(x, least, pull, total)
        members: dict[int, list[int]] = {}
        for a, g in enumerate(group):
            members.setdefault(g, []).append(a)
        furthest = 0.0
        right = [(-max(x[a] for a in m), g) for g, m in members.items() if pull[g] > 0]
        left = [(min(x[a] for a in m), g) for g, m in members.items() if pull[g] < 0]
        for _, g in sorted(right):
            step = 0.7 * pull[g]
            for a in members[g]:
                for b, gap in after[a]:
                    if group[b] != g:
                        step = min(step, x[b] - x[a] - gap)
            for a in members[g]:
                x[a] += step
            furthest = max(furthest, step)
        for _, g in sorted(left):
            step = -0.7 * pull[g]
            for a in members[g]:
                for b, gap in before[a]:
                    if group[b] != g:
                        step = min(step, x[a] - x[b] - gap)
            for a in members[g]:
                x[a] -= step
            furthest = max(furthest, step)
        if furthest < 0.1:
            break
    return x


def _pressing(
    x: list[float], least: dict[tuple[int, int], float], pull: list[float], total: list[float]
) -> tuple[list[int], list[float]]:
    """Groups of blocks that touch and press against each other, and the pull of each group."""
    root = list(range(len(x)))
    weight = [max(t, TIE) for t in total]
    pull = list(pull)

    def find(a: int) -> int:
        while root[a] != a:
            root[a] = a = root[root[a]]
        return a

    touching = [(a, b) for (a, b), gap in least.items() if x[b] - x[a] - gap < 0.01]
    for _ in range(8):
        pressed = False
        for i, j in touching:
            a, b = find(i), find(j)
            if a != b and pull[a] > pull[b] + 1e-9:
                pull[a] = (weight[a] * pull[a] + weight[b] * pull[b]) / (weight[a] + weight[b])
                weight[a] += weight[b]
                root[b] = a
                pressed = True
        if not pressed:
            break
    return [find(a) for a in range(len(x))], pull
