# %% [markdown]
# # The engine from nothing
#
# A program computes a number. You want to know how that number would change if each of its inputs
# moved a little: the *gradient*. This notebook builds a machine that answers this exactly, for any
# program written with it, from about forty lines of Python and nothing but NumPy. We add one idea
# at a time, and look at what goes wrong without it.
#
# At the end our forty lines and the real engine compute the same gradient, and we see what the
# real one does beyond them.

# %%
import linecache
from textwrap import fill

import numpy as np

np.set_printoptions(precision=6, suppress=True)

# %% [markdown]
# ## A judge
#
# There is a way to find slopes that needs no theory: nudge an input up, nudge it down, and see how
# the result moves. It is slow (two runs of the program for *each* number that goes in), and it is
# only nearly right. That makes it a poor engine and an excellent judge.


# %%
def finite_differences(f, x, h=1e-6):
    slopes = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[k] = h
        slopes[k] = (f(x + nudge) - f(x - nudge)) / (2 * h)
    return slopes


finite_differences(lambda x: np.sum(x**3), np.array([1.0, 2.0, 3.0]))  # 3x² is 3, 12, 27

# %% [markdown]
# ## Idea 1: write down what happens
#
# A program may have loops, branches and functions that call each other. But what it *did*, once it
# has run, is only a list: this operation on these inputs gave that result. We call the list the
# **tape**. A `Variable` is a value that is followed; `call` runs an operation and writes it down.

# %%
tape = []


class Variable:
    def __init__(self, value):
        self.value = np.asarray(value, dtype=float)
        self.grad = np.zeros_like(self.value)


def value_of(x):
    return x.value if isinstance(x, Variable) else x


def call(operation, *inputs):
    result = Variable(operation(*map(value_of, inputs)))
    tape.append((result, operation, inputs))
    return result


# %%
x, y = Variable(3.0), Variable(2.0)
s = call(np.multiply, x, y)
z = call(np.exp, s)

for result, operation, inputs in tape:
    print(operation.__name__, *(x.value for x in inputs), "->", result.value)

# %% [markdown]
# ## Idea 2: one rule for each operation
#
# Suppose somebody tells us how much the final result changes per unit of *one operation's* result.
# Call that number `g`. How much does it change per unit of the operation's inputs? That is the
# only thing that one has to know about an operation, and it takes a line of school calculus: for
# `z = x * y` it is `g * y` for `x` and `g * x` for `y`. For `z = exp(x)` it is `g * exp(x)`, and
# `exp(x)` is already there: it is `z`.

# %%
rules = {
    np.add: [lambda g, z, x, y: g, lambda g, z, x, y: g],
    np.subtract: [lambda g, z, x, y: g, lambda g, z, x, y: -g],
    np.multiply: [lambda g, z, x, y: g * y, lambda g, z, x, y: g * x],
    np.exp: [lambda g, z, x: g * z],
    np.tanh: [lambda g, z, x: g * (1 - z**2)],
    np.matmul: [lambda g, z, x, y: g @ y.T, lambda g, z, x, y: x.T @ g],
    np.sum: [lambda g, z, x: g * np.ones_like(x)],
}

# %% [markdown]
# ## Idea 3: walk back
#
# The result changes by 1 per unit of itself. Start with that, go through the tape from its end to
# its beginning, and let each rule hand on what it knows to its inputs.


# %%
def backward(loss):
    loss.grad = np.ones_like(loss.value)
    for result, operation, inputs in reversed(tape):
        values = [value_of(x) for x in inputs]
        for x, rule in zip(inputs, rules[operation], strict=True):
            if isinstance(x, Variable):
                x.grad = x.grad + rule(result.grad, result.value, *values)


backward(z)
print("∂z/∂x =", x.grad, "   by hand: y·exp(xy) =", 2 * np.exp(6))
print("∂z/∂y =", y.grad, "   by hand: x·exp(xy) =", 3 * np.exp(6))

# %% [markdown]
# That is all of it: a list, a rule for each operation, a loop. The method is called *reverse-mode
# automatic differentiation*, or *backpropagation*. One walk back gives the slopes with respect to
# **all** inputs, be it two or a hundred million, for about the price of a few runs of the program.
#
# There are three places where it can go wrong. We look at each of them.
#
# ## A value that is used twice
#
# Notice the plus in `x.grad = x.grad + ...`. In the next program, `x` reaches the result along
# several ways, and what comes back along them adds up.

# %%
tape.clear()
x = Variable(3.0)
s = call(np.multiply, x, x)  # the same variable twice
loss = call(np.multiply, s, s)  # and again: loss = x⁴
backward(loss)
print(x.grad, "   4x³ is", 4 * 3.0**3)

# %% [markdown]
# Here is the same computation as a picture, drawn by the real engine, which has the name
# `autograd` and which we meet again below.

# %%
import autograd as ag

with ag.Tape() as seen:
    x = ag.tensor(3.0, requires_grad=True)
    s = x * x
    loss = s * s
seen.draw()

# %% [markdown]
# `x` goes into `s` twice, and `s` goes into `loss` twice. That makes four ways, and each of them
# brings back a part of the gradient:

# %%
seen.paths(x)

# %% [markdown]
# ## Why backwards along the tape, and not just "follow the arrows"?
#
# It is tempting to write the walk as a recursion: whenever a gradient arrives somewhere, go on at
# once to the inputs. Here is that program. It looks reasonable.


# %%
def eager(result, made_by):
    if result in made_by:
        operation, inputs = made_by[result]
        values = [value_of(x) for x in inputs]
        for x, rule in zip(inputs, rules[operation], strict=True):
            x.grad = x.grad + rule(result.grad, result.value, *values)
            eager(x, made_by)


tape.clear()
x = Variable(3.0)
s = call(np.multiply, x, x)
loss = call(np.multiply, s, s)
loss.grad = np.ones(())
eager(loss, {result: (operation, inputs) for result, operation, inputs in tape})
print(x.grad, "   but 4x³ is", 4 * 3.0**3)

# %% [markdown]
# The first share of `s` arrives and is passed on. Then the second share arrives, is added to the
# first, and the *sum* is passed on: the first share went down twice.
#
# One can mend this by sending down only the new share each time. Then the answer is right, and
# every *way* through the graph is walked on its own. Count them in a chain of additions `v = v +
# v`:


# %%
def ways(doublings):
    return 1 if doublings == 0 else ways(doublings - 1) + ways(doublings - 1)


for doublings in 5, 10, 15:
    print(f"{doublings} entries on the tape, {ways(doublings):6,} ways through them")

# %% [markdown]
# A program of fifty such lines would never come back. So the order matters, and the tape has it
# for free: **a result is written down before anything that uses it**. Read from the end, every use
# of a value comes before the value itself. When we get to it, everything that it will ever receive
# has arrived, and its rule needs to run once. (The name for this is a *reverse topological
# order*.)
#
# ## Broadcasting
#
# NumPy stretches small arrays to fit large ones. Again a value is used many times, but now the
# tape has a single entry for all of them, and a picture a single arrow.

# %%
tape.clear()
x, b = Variable([1.0, 2.0, 3.0]), Variable(10.0)
loss = call(np.sum, call(np.multiply, x, b))
backward(loss)
print("b has shape", b.value.shape, "and its gradient", b.grad)

# %% [markdown]
# Three slopes for one number. What came back along its three uses has to be added up, as always:
# sum over every axis along which the value was repeated. NumPy repeats in two ways, by new axes in
# front and by stretching an axis of length 1; undoing them takes four lines, in one place, and no
# rule ever has to think of it.


# %%
def unbroadcast(g, shape):
    g = np.sum(g, axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(k for k, n in enumerate(shape) if n == 1 and g.shape[k] != 1)
    return np.sum(g, axis=stretched, keepdims=True)


def backward(loss):
    loss.grad = np.ones_like(loss.value)
    for result, operation, inputs in reversed(tape):
        values = [value_of(x) for x in inputs]
        for x, rule in zip(inputs, rules[operation], strict=True):
            if isinstance(x, Variable):
                g = rule(result.grad, result.value, *values)
                x.grad = x.grad + unbroadcast(g, x.value.shape)


tape.clear()
x, b = Variable([1.0, 2.0, 3.0]), Variable(10.0)
backward(call(np.sum, call(np.multiply, x, b)))
print("b has shape", b.value.shape, "and its gradient", b.grad, "   x sums to", x.value.sum())

# %% [markdown]
# ## Idea 4: let people write NumPy
#
# Nobody wants to write `call(np.multiply, x, y)`. Happily, NumPy asks before it computes: when an
# argument of `np.exp` is of a class that has a method `__array_ufunc__`, NumPy calls that instead.
# And the base class `NDArrayOperatorsMixin` turns `x * y`, `x - 1`, `A @ x` into such functions.
# With that, here is the whole engine once more, in one piece.

# %%
tape = []


class Variable(np.lib.mixins.NDArrayOperatorsMixin):
    def __init__(self, value):
        self.value = np.asarray(value, dtype=float)
        self.grad = np.zeros_like(self.value)

    def __array_ufunc__(self, operation, method, *inputs):
        return call(operation, *inputs)

    def sum(self, axis=None, out=None):  # np.sum asks for this one
        return call(np.sum, self)


def value_of(x):
    return x.value if isinstance(x, Variable) else x


def call(operation, *inputs):
    result = Variable(operation(*map(value_of, inputs)))
    tape.append((result, operation, inputs))
    return result


rules = {
    np.add: [lambda g, z, x, y: g, lambda g, z, x, y: g],
    np.subtract: [lambda g, z, x, y: g, lambda g, z, x, y: -g],
    np.multiply: [lambda g, z, x, y: g * y, lambda g, z, x, y: g * x],
    np.exp: [lambda g, z, x: g * z],
    np.tanh: [lambda g, z, x: g * (1 - z**2)],
    np.matmul: [lambda g, z, x, y: g @ y.T, lambda g, z, x, y: x.T @ g],
    np.sum: [lambda g, z, x: g * np.ones_like(x)],
}


def unbroadcast(g, shape):
    g = np.sum(g, axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(k for k, n in enumerate(shape) if n == 1 and g.shape[k] != 1)
    return np.sum(g, axis=stretched, keepdims=True)


def backward(loss):
    loss.grad = np.ones_like(loss.value)
    for result, operation, inputs in reversed(tape):
        values = [value_of(x) for x in inputs]
        for x, rule in zip(inputs, rules[operation], strict=True):
            if isinstance(x, Variable):
                g = rule(result.grad, result.value, *values)
                x.grad = x.grad + unbroadcast(g, x.value.shape)


# %%
lines = linecache.getlines(backward.__code__.co_filename)  # the cell above
print(len([line for line in lines if line.strip()]), "lines of code")

# %% [markdown]
# ## It learns
#
# A small neural network is a function like any other: multiply, add, `tanh`, multiply, add. Here
# is one with 16 hidden units, and how far it is from a sine at 64 places. Nothing in these lines
# knows of our engine. They work on plain arrays, too, which is how the judge will run them.


# %%
def distance(W1, b1, W2, b2):
    hidden = np.tanh(inputs @ W1 + b1)
    error = hidden @ W2 + b2 - targets
    return np.sum(error * error) * (1 / 64)


inputs = np.linspace(-2, 4, 64)[:, None]
targets = np.sin(inputs)

random = np.random.default_rng(0)
start = [random.normal(size=(1, 16)), np.zeros(16), random.normal(size=(16, 1)) / 4, np.zeros(1)]

# %% [markdown]
# First the judge, on all 49 parameters:

# %%
parameters = [Variable(p) for p in start]
tape.clear()
backward(distance(*parameters))

for k, p in enumerate(parameters):
    judged = finite_differences(lambda v, k=k: distance(*start[:k], v, *start[k + 1 :]), start[k])
    print(f"{p.value.shape!s:8}  differs by at most {np.max(np.abs(p.grad - judged)):.0e}")

# %% [markdown]
# Then we walk downhill: a small step against the gradient, five thousand times.

# %%
for step in range(5001):
    for p in parameters:
        p.grad = np.zeros_like(p.value)
    tape.clear()
    loss = distance(*parameters)
    backward(loss)
    for p in parameters:
        p.value = p.value - 0.05 * p.grad
    if step % 1000 == 0:
        print(f"{step:5}   {loss.value:.5f}")

# %% [markdown]
# ## Beside the real engine
#
# The same function, unchanged, on the Tensors of `autograd`:

# %%
parameters = [Variable(p) for p in start]
tape.clear()
ours = distance(*parameters)
backward(ours)

W1, b1, W2, b2 = (ag.tensor(p, requires_grad=True) for p in start)
with ag.Tape() as recorded:
    loss = distance(W1, b1, W2, b2)
    loss.backward()

pairs = zip(parameters, (W1, b1, W2, b2), strict=True)
print("largest difference:", max(np.max(np.abs(p.grad - t.grad.numpy())) for p, t in pairs))

# %% [markdown]
# It has a tape like ours, and the same entries on it. In the picture $\|\nabla\|$ is the length of
# a gradient that is too large to be shown.

# %%
recorded.draw()

# %% [markdown]
# So what is the rest of it for? For five things above all.
#
# **Its rules say what they need.** Ours are handed everything, so our tape must keep everything. A
# rule of the real engine names its needs: `lambda g, y: g * y` asks for `g` and the input `y`, and
# that is what is kept. (`np.add` asks for `g` alone, so nothing is kept for it.)

# %%
kept_by_us = sum(result.value.nbytes for result, operation, inputs in tape)
print(f"ours keeps {kept_by_us:,} bytes for the walk back,", end=" ")
print(f"the real one {recorded.memory().total:,}")

# %% [markdown]
# **It forgets.** Our tape is one list that grows until somebody clears it. In the real engine an
# entry knows its parents and nobody else knows the entry, so it is gone when you let go of the
# result; and the walk back lets go of what it has used as it passes by.
#
# **It is never silently wrong.** Change an array after it was used, and our tape computes with the
# wrong numbers. Nothing tells you.

# %%
data = np.array([1.0, 2.0, 3.0])
w = Variable(1.0)
tape.clear()
loss = np.sum(w * data)
data *= 100
backward(loss)
print("ours says", w.grad, "for 1 + 2 + 3")

# %%
data = np.array([1.0, 2.0, 3.0])
real_w = ag.tensor(1.0, requires_grad=True)
loss = np.sum(real_w * data)
data *= 100
loss.backward()
print("the real one says", real_w.grad.item())

# %% [markdown]
# It keeps a copy of an array that is yours, because you may write to it. Where a copy would not
# help, because what changed is a parameter itself, it refuses:

# %%
loss = np.sum(real_w * real_w)
real_w.data += 1
try:
    loss.backward()
except ag.GradientError as error:
    print(fill(str(error), 90))

# %% [markdown]
# **Its rules can be differentiated, too.** They are NumPy, and NumPy on Tensors is recorded. Let
# the walk back run on Tensors, and it leaves a tape of its own, with a gradient of its own.

# %%
x = ag.tensor(2.0, requires_grad=True)
(slope,) = ag.gradients(np.exp(x * x), x, create_graph=True)
(curvature,) = ag.gradients(slope, x)
print(curvature.item(), "   by hand: (2 + 4x²)·exp(x²) =", (2 + 16) * np.exp(4))

# %% [markdown]
# **Its entries are plain data**, so that everything else can be a reader of them: the picture
# above, and tables, derivations and checks. The walk back is only the first reader.

# %%
recorded

# %% [markdown]
# Where to go from here: [plain NumPy code that you have](08_numpy_code_you_have.ipynb) can be
# differentiated as it is, and a rule that is missing is [yours to
# write](10_your_own_primitive.ipynb).
