"""The calls of `autograd`."""

CALLS = {
    "Tensors": """
u, v = ag.hook_together([x, A], lambda gs: gs[:1])
(u * v).sum().backward()

given = np.array([1.0, 2.0, 3.0])
shared = ag.tensor(given, copy=False)
with ag.detect_anomaly():
    loss = (x * shared).sum()
    given[0] = 5.0
    loss.backward()

ag.tensor([[1.0, 2.0], [3.0]])

x.sum().backward("one")

ag.tensor([1, 2], requires_grad=True)

ag.tensor([1j, 2.0])

ag.tensor(["one", "two"])

ag.tensor(np.ma.masked_array([1.0, 2.0], [True, False]))

np.ma.masked_array(a, a > 2) * x

y = x * 2
y.data = a

x.data = [1.0, 2.0]

y = x * 2
y.sum().backward()
y.grad

y = x * 2
y.grad = a

x.grad = [1.0, 2.0]

y = x * 2
y.requires_grad = False

x.item()

np.asarray(x)

bool(x)

range(10)[x[0]]

len(x.sum())

iter(x.sum())

import copy
copy.deepcopy(x * 2)

import pickle
pickle.dumps(x * 2)

x.detach().retain_grad()

x += 1

x[0] = 5.0

x.sort()

y = x * 2
y += A

y = ag.tensor([1, 2, 3])
y += 0.5

y = A * 2
y[0][1] = 5.0

np.add.at(a, [0], x[0])

y = ag.tensor([1, 2, 3])
y[0] = x[0]

x[0:1.5]

x[5]

x @ ag.tensor([1.0, 2.0])

x + A.T

x + "one"

ag.multiply(x, 1j)

np.fft.fft(x)

np.spacing(x)

np.add.reduceat(x, [0, 1])

np.sum(x, out=a)

np.exp(x, where=a > 1, order="C")

ag.tensors
""",
    "Backward": """
A.backward()

A.sum().backward(np.ones(3))

x.detach().sum().backward()

loss = (x * x).sum()
loss.backward()
loss.backward()

y = x * x
meddle = ag.primitive(lambda x: x, name="meddle", x=lambda g: (y.sum().backward(), g)[1])
meddle(y).sum().backward()

y = x * 2
(y * y).sum().backward(inputs=[y])

x.sum().backward(inputs=[a])

x.sum().backward(inputs=[ag.tensor(1.0, requires_grad=True)])

ag.gradients(x.sum(), A)

ag.gradients(x.sum(), x, [1.0, 2.0])

ag.gradients([x.sum(), A.sum()], x, [np.ones(())])

ag.gradients(x.sum(), a)

ag.gradients(x.sum(), ag.tensor(1.0))

y = x * x
x.data -= 1.0
y.sum().backward()

w = ag.tensor(np.ones(3), requires_grad=True, copy=False)
c = ag.tensor(a, copy=False)
y = w * c
c.data[0] = 7.0
y.sum().backward()

f = ag.primitive(lambda x: x * 2, name="double", x=lambda g: g * 1j)
f(x).sum().backward()

f = ag.primitive(lambda x: x * 2, name="double", x=lambda g: g[:2])
f(x).sum().backward()

ag.tape(a)

ag.tape(x)
""",
    "Hooks": """
x.register_hook(3)

x.register_hook(lambda g: g[:2])
x.sum().backward()

x.detach().register_hook(print)

y = x * 2
y.register_post_accumulate_grad_hook(print)

ag.hook_together([x, a], print)

ag.hook_together([x.detach()], print)
""",
    "Modes": """
ag.no_grad()(3)

@ag.no_grad()
def batches():
    yield 1

import contextvars
tape = ag.Tape()
contextvars.copy_context().run(tape.__enter__)
tape.__exit__(None, None, None)
""",
    "Functions of functions": """
ag.grad(3)

ag.grad(np.sum, argnum=0, argnums=0)(a)

ag.grad(np.sum, argnums="x")(a)

ag.grad(np.sum, argnums=1)(a)

ag.grad(np.add, argnums=(0, 0))(a, a)

ag.grad(np.sum)([])

ag.grad(np.sum)(True)

ag.grad(np.sum)(1j)

ag.grad(np.sum)("one")

ag.grad(lambda x: x * 2)(a)

ag.grad(lambda x: "one")(a)

ag.vjp(lambda x: 1j, a)

ag.value_and_grad(np.sum, has_aux=True)(a)

ag.vjp(lambda x: [x, x], a)[1](np.ones(3))

ag.jvp(np.exp, a, a)

ag.jvp(np.exp, (a,), (np.ones(2),))

ag.jacobian(np.sum, per_example=True)(a)

ag.jacobian(lambda x: x - x.mean(0), per_example=True)(np.ones((4, 3)))

from autograd import holomorphic_grad
holomorphic_grad(np.sum)(a)
""",
    "Checkpoints": """
ag.checkpoint(3)

def batches(x):
    yield x
ag.checkpoint(batches)

noise = iter([1.0, 2.0])
ag.checkpoint(lambda x: x * next(noise))(x).sum().backward()

z = ag.checkpoint(np.exp, x)
x.data -= 1
z.sum().backward()

w = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
z = ag.checkpoint(lambda x: x * w, x)
w.data -= 1
z.sum().backward()

ag.checkpoint_sequential([], x)
""",
    "Primitives of your own": """
ag.primitive(3)

ag.primitive(np.exp, x="one")

ag.primitive(lambda x: x, name="same", implements="exp", x=lambda g: g)

ag.primitive(lambda x: x, x=lambda g: g)

ag.primitive(lambda g: g, name="same", g=lambda g: g)

ag.primitive(lambda x: x, name="same")

ag.primitive(lambda x: x, name="same", x=lambda g: g, y=lambda g: g)

ag.primitive(lambda x: x, name="same", x=lambda g, y: g)

ag.primitive(lambda x: x, name="same", x=lambda x: x)

same = ag.primitive(lambda x: "one", name="same", x=lambda g: g)
same(x)

from autograd.extend import defvjp
defvjp(lambda x: x, lambda ans, x: lambda g: g)

from autograd.extend import defvjp
defvjp(np.exp, lambda ans, x: lambda g: g)

from autograd.extend import primitive
@primitive
def scaled(x, by=1.0):
    return x * by
scaled(x, by=x)

from autograd.extend import primitive
@primitive
def scaled(x, by=1.0):
    return x * by
scaled(x)
""",
    "Numerical checks": """
ag.gradcheck(np.exp, [a], order=0)

ag.gradcheck(np.exp, [k])

ag.gradcheck(lambda: x.sum(), [a])

ag.gradcheck(lambda: ag.sum(ag.tensor(a)))

ag.gradcheck(np.abs, [np.zeros(2)])

noise = np.random.default_rng(0)
ag.gradcheck(lambda x: x * noise.normal(), [a])

noise = np.random.default_rng(0)
f = ag.primitive(lambda x: x * noise.normal(), name="noisy", x=lambda g: g)
ag.gradcheck(lambda x: f(x), [a], localize=True)

f = ag.primitive(lambda x: x * 2, name="double", x=lambda g: 3 * g)
ag.gradcheck(f, [a])

ag.gradcheck(lambda x: "one", [a])

f = ag.primitive(lambda x: x * 2, name="double", x=lambda g: g[:2])
ag.gradcheck(f, [a])

f = ag.primitive(lambda x: x * 2, name="double", x=lambda g: np.float32(2) * g.astype("f4"))
ag.gradcheck(lambda x: f(x), [a], localize=True)

f = ag.primitive(lambda x: x * 2, name="double", x=lambda g: 3 * g)
ag.gradcheck(lambda x: f(x), [a], localize=True)

sizes = iter([3, 3, 2])
ag.gradcheck(lambda x: x[:next(sizes)], [a])

from autograd.test_util import check_grads
check_grads(np.exp, modes=["forward"])(a)
""",
    "Reductions": """
np.sum(x, axis=2)

np.mean(x, axis="one")

np.sum(x, initial=ag.tensor(1.0, requires_grad=True))

np.max(x, initial=ag.tensor(1.0, requires_grad=True))

np.sum(x, dtype="text")

np.max(ag.zeros_like(x)[:0])

ag.var(x, ddof=1, correction=1)

np.var(x, dtype=int)

np.average(A, weights=[1.0, 2.0])

np.average(A, axis=1, weights=[1.0, 2.0])

np.average(x, weights=[1.0, 0.0, -1.0])

np.var(x, where=k)

np.nanmean(x, dtype=int)

np.percentile(x, 101)

np.quantile(x, 0.5, method="best")

np.cumulative_sum(A)

ag.softmax([1j, 2.0], axis=0)
""",
    "Elements": """
np.nan_to_num(x, copy=False)

np.clip(x, 0, 1, 2)

np.power(x, k, dtype=int)

np.where(x > 1, x)
""",
    "Shape": """
x.reshape(2, 2)

np.reshape(x, "one")

np.reshape(x, (3, 1), order="A")

np.tril(x.sum())

np.transpose(A, (0, 0))

np.repeat(x, -1)

np.repeat(x, [1, 2])

np.rollaxis(A, 0, 5)

np.meshgrid(x, x, indexing="xz")

np.broadcast_arrays(x, A.T)

np.broadcast_to(x, (2, 2))

np.resize(x[:0], (2, 2))

np.resize(x, -1)

np.diagonal(A, axis1=0, axis2=0)

np.diag(A[None])

np.vander(A)

np.squeeze(A, 0)

np.tile(x, -1)

np.rot90(x)

np.tile(x, 1.5)

np.fliplr(x)
""",
    "Joining and splitting": """
ag.concatenate([])

np.concatenate([x, A])

np.concatenate([x, a], dtype=int)

np.stack([x, A])

ag.stack([])

np.block([[x], x])

np.split(x, 2)

np.split(x, 0)

np.split(x, [0.5])

np.array_split(x, [2, 1])

np.delete(x, 5)

np.insert(x, 5, 1.0)

np.insert([1, 2], 1, x[0])

np.append(x, A, axis=0)

np.pad(x, 1, mode="round")

np.pad(x, -1)

np.pad(x, (1, 2, 3))

np.pad(x, 1, mode="mean", stat_length=0)

np.pad(x, 1, mode="reflect", reflect_type="round")

np.pad(x, 1, mode="edge", constant_values=1)

np.pad(x[:0], 1, mode="edge")
""",
    "Indexing": """
np.take(x, [0.5])

np.take(x, [5])

np.take(x, [0], mode="round")

np.take_along_axis(A, k, axis=1)

y = x * 2
np.put(y, [5], 1.0)

np.put([1.0, 2.0], [0], x[0])

y = x * 2
np.put(y, [0], [])

y = x * 2
np.place(y, [True, False], [1.0])

y = x * 2
np.copyto(y, 1j)

np.copyto(ag.tensor([1, 2, 3]), x)

np.compress(A > 0, A)

np.select([x > 1, x > 2], [x])

np.select([k], [x])

np.choose([3], [x, x])

np.piecewise(x, [x < 1, x > 2], [lambda x: x])
""",
    "Sorting and counting": """
np.histogram(a, bins=x)

np.histogram(a, weights=x[:2])

np.sort(x, kind="fast")

np.partition(x, 5)
""",
    "Sequences": """
np.diff(x, n=-1)

np.ediff1d(ag.tensor([1, 2, 3]), to_end=x[0])

np.gradient(x[:1])

np.gradient(x, [1.0, 2.0])

np.gradient(x, edge_order=3)

np.gradient(x, 1.0, 2.0)

np.interp(x, a, [1.0, 2.0])

np.trapezoid(x, 2.0)

np.interp(x, a, a, period=0)

np.convolve(x, a, mode="round")

np.convolve(A, a)

np.cov(A[None])

np.cov(x, aweights=[1.0, -1.0, 1.0])

np.cov(x, fweights=a)

np.cov(x[:1])

np.apply_along_axis(np.sum, 0, A[:, :0])

np.apply_over_axes(lambda x, axis: x.sum(), A, [0])
""",
    "Products": """
A @ A

np.dot(A, A)

np.tensordot(A, A, axes=([0, 0], [0, 1]))

np.tensordot(A, A, axes=([0], [1]))

np.inner(x, a[:2])

np.vdot(x, a[:2])

ag.einsum()

np.einsum("ij,jk->ik", A)

np.einsum("i->j", x)

np.einsum("i...->i", A)

np.einsum("i1->i", A)

np.einsum("ij->i", x)

np.einsum("ii", A)

np.einsum("ij,jk->ik", A, A)

np.einsum("i,i,i->", x, x, x, optimize="best")

np.einsum(x, [0.5])
""",
    "Linear algebra": """
np.linalg.norm(A[None], axis=(0, 1, 2))

np.linalg.norm(x, "fro")

np.linalg.norm(A, 3)

np.linalg.inv(A)

np.linalg.inv(A[:, :2] * 0)

np.linalg.solve(S, a[:2])

np.linalg.cholesky(-S)

values, vectors = np.linalg.eigh(ag.tensor(np.eye(3), requires_grad=True))
vectors.sum().backward()

np.linalg.svd(S * 0)[0].sum().backward()

np.linalg.svd(S + np.nan)

np.linalg.lstsq(S, a[:2])

np.linalg.tensorsolve(A, a)

np.linalg.tensorinv(S, 0)

np.linalg.slogdet(S * 0)[1].backward()

np.linalg.qr(S * 0)[0].sum().backward()

np.linalg.qr(S, mode="full")

np.linalg.eig(ag.tensor([[0.0, 1.0], [-1.0, 0.0]], requires_grad=True))

vectors = np.linalg.eig(ag.tensor([[1.0, 1.0], [0.0, 1.0]], requires_grad=True))[1]
vectors.sum().backward()

np.linalg.cond(S * 0).backward()

np.linalg.matrix_power(A, 2)

np.linalg.matrix_power(S, 0.5)

np.linalg.multi_dot([A])

np.linalg.multi_dot([A, A[None], A])

np.linalg.outer(A, x)

np.linalg.vecdot(x, 2.0)

np.linalg.cross(A[:, :2], A[:, :2])

ag.linalg.sqrtm(-S)

ag.linalg.sqrtm(x)

ag.linalg.solve_triangular(S, a, trans="U")

np.linalg.pinv(ag.tensor(np.diag([1.0, 0.1]), requires_grad=True), rcond=0.5).sum().backward()

import warnings
with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
    z = ag.linalg.sqrtm(ag.tensor([[0.0, 1.0], [0.0, 0.0]], requires_grad=True))
    z.sum().backward()

with missing("scipy"):
    ag.linalg.expm(S)

import importlib
with missing("scipy"):
    importlib.reload(ag.special)
""",
    "Windows": """
ag.windows(A, 0)

ag.windows(A, (2, 2, 2))

ag.windows(A, 5)

ag.fold(np.ones((2, 3)), 3, 2)
""",
    "Special functions and statistics": """
ag.special.multigammaln(x, 0)

ag.special.logsumexp(A, axis=2)

ag.special.betainc(x, 2.0, 0.5)

from autograd.scipy import stats
stats.norm.logpdf(x, mean=0.0)

from autograd.scipy import stats
stats.poisson.logpmf(x, 2.0)

from autograd.scipy import stats
stats.dirichlet.logpdf(x / 6, A)

from autograd.scipy import stats
stats.dirichlet.logpdf(x, a)

from autograd.scipy import stats
stats.multivariate_normal.logpdf(x, a, np.ones((2, 2)))

from autograd.scipy import stats
stats.multivariate_normal.logpdf(x, a, S, allow_singular=True)

from autograd.scipy import stats
stats.multivariate_normal.logpdf(x[:2], a, S)
""",
    "Code for HIPS autograd": """
from autograd.scipy.signal import convolve
convolve(x, a, mode="round")

from autograd.scipy.signal import convolve
convolve(A, A, axes=([0], []))

from autograd.scipy.signal import convolve
convolve(A, A[:1, :].T, mode="valid")

from autograd.scipy.signal import convolve
convolve(A, A, axes=([0, 5], [0, 1]))

from autograd.scipy.integrate import odeint
odeint(lambda y, t: -y, A, a)

from autograd.misc.flatten import flatten
flatten("one")
""",
    "Tape": """
with ag.Tape() as tape:
    y = a * 2
tape.output

with ag.Tape() as tape:
    y = x * 2
tape["z"]

with ag.Tape() as tape:
    y = x * 2
tape[5]

with ag.Tape() as tape:
    y = x * 2
tape.at(a)

with ag.Tape() as tape:
    y = x * 2
tape.at(2.5)

with ag.Tape() as tape:
    y = x * 2
    z = (y * y).sum()
tape.backward_pass(ag.tensor(3.0))

with ag.Tape() as tape:
    c = ag.tensor(a) * 2
    y = (x * c).sum()
tape.backward_pass(c)

ag.Tape.of()

ag.Tape.of(a)

ag.Tape.of(x)

with ag.Tape() as tape:
    y = ag.special.betainc(2.0, 2.0, x / 4)
tape["y"].rule(0)

c = ag.tensor(a)
tape = ag.Tape.of((x + 1) * c)
tape[-1].rule(1)
tape[-1].needs(1)
""",
    "Checking derivations": """
with ag.Tape() as tape:
    y = x * 2
    loss = (y * y).sum()
tape.check(loss)

with ag.Tape() as tape:
    y = x * 2
    loss = (y * y).sum()
tape.check({"y": 2 * a, y: 2 * a})

with ag.Tape() as tape:
    c = ag.tensor(a)
    loss = (x * c).sum()
tape.check({"c": a})

with ag.Tape() as tape:
    parts = np.split(x, 3)
    loss = (parts[0] * parts[1]).sum()
tape.check({tape[0]: a})

with ag.Tape() as tape:
    y = x * 2
    y = y + 1
    loss = (y * y).sum()
tape.check({"y": 2 * a})

with ag.Tape() as tape:
    y = x * 2
    loss = (y * y).sum()
tape.check({"y": "2y"})

with ag.Tape() as tape:
    y = x * 2
    loss = (y * y).sum()
tape.check({"y": lambda dloss: 2 * a * dloss})

y = x * 2
tape = ag.Tape.of((y + 1).sum())
tape.check({"x": lambda y: 2 * y})

with ag.Tape() as tape:
    y = x * 2
    loss = (y * y).sum()
tape.check({"y": 4 * x})["x"]

ag.exercise("nothing")

ag.exercise(3)

ag.exercise("matmul").grade(x=lambda g: g)

ag.exercise(lambda x: 3.0, a)

ag.exercise(lambda x: x[7, 8, 9])
""",
    "Derivations and rules": """
with ag.Tape() as tape:
    y = x * 2
    loss = y.sum()
ag.derive(y, loss)

c = ag.tensor(a)
ag.derive((x * c).sum(), c)

with ag.Tape() as tape:
    y = x * 2
    z = x * 3
tape.derive(y, z)

ag.rule("nothing")

ag.rule(ag.softmax)

f = ag.primitive(lambda x, /, table: table[int(x)], name="looked_up", x=None)
ag.rule(f)

from autograd.explain.notation import symbol
from autograd.explain.typeset import written
written(symbol("x"), "html")
""",
    "Paths": """
with ag.Tape() as tape:
    y = x * 2
    loss = y.sum()
tape.paths(x, limit=-1)

with ag.Tape() as tape:
    c = ag.tensor(a)
    loss = (x * c).sum()
tape.paths(c)

with ag.Tape() as tape:
    u, s, v = np.linalg.svd(S)
    loss = s.sum()
tape.paths(tape[0])

with ag.Tape() as tape:
    y = x * 2
    loss = y.sum()
tape.paths(loss, y)

with ag.Tape() as tape:
    y = x * 2
    loss = y.sum()
tape.paths(x).at(5)

with ag.Tape() as tape:
    y = x * 2
    z = A * 2
    loss = y.sum()
tape.paths(x).through(z)

with ag.Tape() as tape:
    u, s, v = np.linalg.svd(S)
    loss = s.sum()
tape.paths(S).through(tape[0])

from unittest import mock
def refuse(link, g):
    raise ag.GradientError("svd: not of a part; ask for the whole.")
with ag.Tape() as tape:
    loss = (x * x).sum()
with mock.patch("autograd.explain.paths.pulled", refuse):
    tape.paths(x)
""",
    "Drawings and steps": """
ag.draw()

ag.draw(a)

ag.draw(x.sum(), level="all")

ag.draw(x.sum(), direction="RL")

with ag.Tape() as tape:
    loss = (x * x).sum()
tape.draw(x)

with ag.Tape() as tape:
    loss = (x * x).sum()
tape.draw(backward=True)

with ag.Tape() as tape:
    y = x * x
    z = A * A
tape.draw(y, highlight=A)

ag.draw(x.sum()).save("graph.bmp")

ag.draw(x.sum()).save("nowhere/graph.svg")

with ag.Tape() as tape:
    loss = (x * x).sum()
tape.step(order="breadth-first")

with ag.Tape() as tape:
    loss = (x * x).sum()
tape.step().save("steps.svg")

from autograd.explain.layout import Graph, layered
layered(Graph([(9.0, 9.0)], [(0, 0, 1.0)]))

from autograd.explain.layout import Cluster, Graph, layered
layered(Graph([], [], [Cluster([], 1), Cluster([], 0)]))
""",
    "Messages": """
from autograd.errors import parts
parts("wrong")
""",
    "Anomalies": """
with ag.detect_anomaly(), np.errstate(all="ignore"):
    y = ag.log(x - 1)

with ag.detect_anomaly():
    (x * x).sum().backward(np.array(np.nan))

with ag.detect_anomaly(), np.errstate(all="ignore"):
    ag.sqrt(x - 1).sum().backward()

with ag.detect_anomaly(), np.errstate(all="ignore"):
    loss = ag.log(x - 1).sum()
    loss.backward()
""",
}

# Where a `raise` begins that no call reaches, and why.
UNREACHED = {
    "autograd/explain/entries.py: raise NotImplementedError": "a method that every subclass has",
    "autograd/explain/typeset.py: raise NotImplementedError": "a method that every subclass has",
    "autograd/explain/notation.py: raise _UnreadableError": "caught there: it prints the name",
    "autograd/explain/slips.py: raise _SpentError": "caught there: it ends a search",
    "autograd/ops/bessel.py: raise GradientError(f'i0: ": "not every machine has longer floats",
}  # fmt: skip
