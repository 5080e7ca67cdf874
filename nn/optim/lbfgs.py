"""L-BFGS: Newton's method with curvature from the last gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np

import autograd as ag
from autograd import Tensor
from nn.functional.checks import described, integers
from nn.optim.optimizer import Group, Optimizer, State

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    r"""Newton steps whose curvature comes from the last changes of the gradient.

    With changes :math:`s_i` of all parameters and :math:`y_i` of their gradients g, each of up to
    `max_iter` iterations goes :math:`t\, d` with :math:`d = -H g`, where H fulfils
    :math:`H y_i = s_i` for the last, and nearly for the `history_size` last ones. t is `lr` (in
    the very first iteration at most :math:`lr / \lVert g \rVert_1`), or with
    ``line_search_fn="strong_wolfe"`` found from there so that loss and slope decrease enough.

    A step ends early after `max_eval` evaluations (by default 5/4 of `max_iter`), when no element
    of the gradient is above `tolerance_grad`, or nothing changes by more than `tolerance_change`.

    Raises ValueError for a setting out of range or several groups, TypeError for a step without
    a closure, and as `Optimizer`.

    >>> import nn
    >>> p = nn.Parameter([-1.0, 2.0])
    >>> optimizer = LBFGS([p], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> p.data.round(4)
    array([1., 1.])
    """

    numbers: ClassVar[dict[str, float]] = {"func_evals": 0, "n_iter": 0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )

    def add_param_group(self, group: Group) -> None:
        """Take the parameters: the first group and the last."""
        if self.param_groups:
            raise ValueError(
                "LBFGS: received a second group, and all parameters share one step; give one list."
            )
        super().add_param_group(group)

    def check(self, group: Group) -> None:
        """No negative setting, and a line search that is there."""
        self.at_least_0(group, "lr", "max_iter", "max_eval", "tolerance_grad", "tolerance_change")
        integers("LBFGS", 1, history_size=group["history_size"])
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                "LBFGS: line_search_fn must be None or 'strong_wolfe', received "
                f"{described(group['line_search_fn'])}."
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Call `closure`, which computes loss and gradients anew, until the end of the step.

        Returns what it returned the first time.
        """
        if not callable(closure):
            raise TypeError(
                "LBFGS.step: closure must be a function that computes the gradients anew and "
                f"returns the loss, received {described(closure)}."
            )
        with ag.no_grad():
            return self._minimize(closure)

    def _minimize(self, closure: Callable[[], Any]) -> Any:
        (group,) = self.param_groups
        params = group["params"]
        lr, tolerance_grad, tolerance_change = (
            float(group[name]) for name in ("lr", "tolerance_grad", "tolerance_change")
        )
        max_iter, max_eval = group["max_iter"], group["max_eval"]
        state = self.state.setdefault(params[0], dict(self.numbers))
        evaluations = 0

        def evaluate() -> tuple[Any, Any]:
            nonlocal evaluations
            with ag.enable_grad():
                loss = closure()
            evaluations += 1
            state["func_evals"] += 1
            return loss, flat(p.data * 0 if p.grad is None else p.grad for p in params)

        first, g = evaluate()
        loss = float(first)
        if np.abs(g).max() <= tolerance_grad:
            return first
        for k in range(1, max_iter + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                d = -g
                state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
                t = min(1.0, 1.0 / float(np.abs(g).sum())) * lr
            else:
                remember(state, g, int(group["history_size"]))
                d = newton(state, g)
                t = lr
            slope = float(g @ d)
            before = loss
            state.update(d=d, t=t, prev_flat_grad=g, prev_loss=before)
            if slope > -tolerance_change:
                break
            x = flat(p.data for p in params)
            if group["line_search_fn"] is None:
                place(params, x + t * d)
                if k < max_iter:  # the next step begins with an evaluation
                    value, g = evaluate()
                    loss = float(value)
            else:

                def at(t: float) -> Point:
                    place(params, x + t * d)  # noqa: B023
                    value, g = evaluate()
                    return Point(t, float(value), float(g @ d), g)  # noqa: B023

                t, loss, _, g = strong_wolfe(
                    at,
                    Point(0.0, loss, slope, g),
                    t,
                    tolerance_change / float(np.abs(d).max()),
                    max_eval - evaluations,
                )
                place(params, x + t * d)
                state["t"] = t
            if (
                evaluations >= max_eval
                or np.abs(g).max() <= tolerance_grad
                or np.abs(d * t).max() <= tolerance_change
                or abs(loss - before) < tolerance_change
            ):
                break
        return first

    def restored(self, p: Tensor, group: Group, saved: State, where: str) -> State:
        """The history, whose arrays are those of all parameters one after the other."""
        arrays = {"d", "prev_flat_grad"}
        lists = {"old_dirs", "old_stps", "ro"}
        rest = {*arrays, *lists, "t", "H_diag", "prev_loss"}
        wanted = {*self.numbers, *(rest if rest & saved.keys() else ())}
        saved = {name: value for name, value in saved.items() if name != "al"}  # PyTorch's room
        self._same_names(saved, wanted, wanted, where)
        like = flat(q.data for q in self._parameters())

        def copied(value: Any, name: str) -> Any:
            return np.array(self._array(value, like.shape, like.dtype, name), like.dtype)

        state: State = {}
        for name, value in saved.items():
            what = f"{name} of {where}"
            if name in arrays:
                state[name] = copied(value, what)
            elif name not in lists:
                number = self._number(value, what)
                state[name] = int(number) if name in self.numbers else float(number)
            elif not isinstance(value, (list, tuple)) or len(value) != np.size(saved["ro"]):
                raise self._refusal(f"{what} is no list as long as the history")
            elif name == "ro":
                state[name] = [float(self._number(item, what)) for item in value]
            else:
                state[name] = [copied(item, what) for item in value]
        return state


def flat(arrays: Iterable[Any]) -> Any:
    """The elements of all arrays, one after the other."""
    return np.concatenate([np.asarray(a).ravel() for a in arrays])


def place(params: Iterable[Tensor], values: Any) -> None:
    """Write `values`, one after the other, into the parameters."""
    start = 0
    for p in params:
        data = p.data
        data[...] = values[start : start + p.size].reshape(p.shape)
        p.data = data
        start += p.size


def remember(state: State, g: Any, history_size: int) -> None:
    """Add the last step and the change of the gradient over it, if the loss curves upward there."""
    y = g - state["prev_flat_grad"]
    s = state["d"] * state["t"]
    curvature = float(y @ s)
    if curvature > 1e-10:
        for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / curvature)):
            state[name].append(value)
            del state[name][:-history_size]
        state["H_diag"] = curvature / float(y @ y)


def newton(state: State, g: Any) -> Any:
    r""":math:`-H g`, by the recursion from the last step to the first and back."""
    history = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
    d = -g
    shares = []
    for y, s, ro in reversed(history):
        shares.append(float(s @ d) * ro)
        d -= shares[-1] * y
    d *= state["H_diag"]
    for (y, s, ro), share in zip(history, reversed(shares), strict=True):
        d += (share - float(y @ d) * ro) * s
    return d


class Point(NamedTuple):
    """A place on the way, and what was found there."""

    t: float
    loss: float
    slope: float
    gradient: Any


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, narrow: float, limit: int
) -> Point:
    """A point where the loss has fallen by 1e-4 of the slope and the slope to 0.9, or near one.

    Goes on from `t` until such a point lies between two others, and then brings these together,
    up to `limit` times or to a distance of `narrow`.
    """

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + 1e-4 * point.t * start.slope

    def flat_enough(point: Point) -> bool:
        return abs(point.slope) <= -0.9 * start.slope

    last, point = start, at(t)
    count = 0
    while count < limit:
        if too_high(point) or (count > 1 and point.loss >= last.loss):
            break
        if flat_enough(point):
            return point
        if point.slope >= 0:
            break
        t = cubic_minimum(last, point, point.t + 0.01 * (point.t - last.t), point.t * 10)
        last, point = point, at(t)
        count += 1
    else:
        last = start
    ends = [last, point]
    low = 0 if last.loss <= point.loss else 1
    crept = False  # whether the last step brought little
    while count < limit:
        left, right = sorted(end.t for end in ends)
        if right - left < narrow:
            break
        t = cubic_minimum(ends[0], ends[1], left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            crept = False
        elif crept or t >= right or t <= left:
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            crept = False
        else:
            crept = True
        point = at(t)
        count += 1
        if too_high(point) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if flat_enough(point):
            return point
        if point.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = point
    return ends[low]


def cubic_minimum(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic through two points with their slopes is lowest, from `least` to `most`."""
    if a.t > b.t:
        a, b = b, a
    mean = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = mean * mean - a.slope * b.slope
    width = b.slope - a.slope + 2 * math.sqrt(max(square, 0.0))
    if not square >= 0 or width == 0:
        return (least + most) / 2
    t = b.t - (b.t - a.t) * ((b.slope + math.sqrt(square) - mean) / width)
    return min(max(t, least), most)
