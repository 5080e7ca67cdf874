# %% [markdown]
# # Your own primitive
#
# Most functions need no rule of their own: what is built from NumPy has a gradient already. Some do
# need one: a routine in C, a loop that writes into an array, a solver whose hundred steps nobody
# wants to follow back. For these you say *how* to differentiate, and the engine does the rest:
# broadcasting, higher derivatives, checking, drawing.
#
# An operation with its rule is called a **primitive**. This is all there is to declaring one:

# %%
import math
from textwrap import fill

import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

smooth_abs = ag.primitive(
    lambda x: np.sqrt(x**2 + 1),
    name="smooth_abs",
    x=lambda g, x, z: g * x / z,
)
ag.grad(smooth_abs)(2.0)  # x/z at 2 is 2/√5

# %% [markdown]
# First the function itself, on plain arrays. Then, for each of its inputs, a rule: it gets `g`,
# the gradient with respect to the *result*, and returns the gradient with respect to the *input*.
#
# ## The names are the contract
#
# A rule says what it needs by naming it:
#
# | name | what the rule is given |
# |---|---|
# | `g` | the gradient with respect to the result, always first |
# | `z` | the result |
# | `x` | an input, by the name it has in the function |
# | `x_shape`, `z_shape` | only the shape of an input, or of the result |
# | any other parameter of the function | its value |
#
# The tape keeps exactly what the rules name, and nothing else. So where a rule can be written with
# the result `z`, which lives anyway, ask for that one, as `exp` does.

# %%
print(smooth_abs.primitive)
print(ag.exp.primitive)
print(ag.add.primitive)

# %% [markdown]
# A declaration that can't be right is refused at once, before anything is computed:

# %%
for rules in {}, {"x": lambda g, y: g * y}, {"x": lambda x: x}:
    try:
        ag.primitive(lambda x: np.sqrt(x**2 + 1), name="smooth_abs", **rules)
    except TypeError as error:
        print(fill(str(error), 90), end="\n\n")

# %% [markdown]
# ## Is the rule right?
#
# That can't be seen by looking at it. But nudge the inputs, and compare: `ag.gradcheck` does so,
# and a slip in a formula does not get past it. A sign, for example:

# %%
wrong = ag.primitive(
    lambda x, y: x / y,
    name="ratio",
    x=lambda g, y: g / y,
    y=lambda g, x, y: g * x / y**2,  # should be -g * x / y**2
)
try:
    ag.gradcheck(wrong, [np.array([1.0, 2.0]), np.array([3.0, 4.0])])
except ag.GradcheckError as error:
    print(fill(str(error), 90))

# %% [markdown]
# It says which input (they count from 0, so input 1 is `y`) and both numbers. They differ by their
# sign, and there is the mistake. The right one passes, and the test goes on to the derivatives of
# the derivatives without being asked:

# %%
ag.gradcheck(smooth_abs, [np.array([-1.0, 0.0, 3.0])])

# %% [markdown]
# ## A solver
#
# Where is a planet at the time `M` (2π is a whole year) on an orbit of eccentricity `e`? Kepler's
# equation `M = z - e sin z` has to be solved for the angle `z`, here by Newton's method. Its
# derivatives come from the equation, not from the steps of the search: move `e` or `M` a little,
# and `z` has to follow so that the equation remains true.


# %%
def solve(e, M):
    z = M + e * np.sin(M)
    for _ in range(20):
        z = z - (z - e * np.sin(z) - M) / (1 - e * np.cos(z))
    return z


kepler = ag.primitive(
    solve,
    name="kepler",
    e=lambda g, e, z: g * np.sin(z) / (1 - e * np.cos(z)),
    M=lambda g, e, z: g / (1 - e * np.cos(z)),
)

# %% [markdown]
# `ag.rule` reads rules back as formulas. Nobody told it yours: it runs them on names in place of
# numbers, and writes down what they do. Hold that against your notes:

# %%
ag.rule(kepler)

# %% [markdown]
# **Broadcasting comes for free.** The rules above don't mention it, and yet one eccentricity may
# go with many times: the engine adds up the gradient of what NumPy repeated.

# %%
times = np.linspace(0.5, 2.5, 5)
ag.grad(lambda e: kepler(e, times).sum())(0.3)

# %%
ag.gradcheck(kepler, [np.array([[0.1], [0.5]]), times])  # a column against a row

# %% [markdown]
# **Higher derivatives come for free.** A rule is NumPy, so that it can be recorded like any other
# computation; its own derivative needs no rule of yours. Here `z` in the rule for `e` is again
# `kepler`'s result, with `kepler`'s rule.

# %%
print("second", ag.grad(ag.grad(kepler))(0.3, 1.0))
print("third ", ag.grad(ag.grad(ag.grad(kepler)))(0.3, 1.0))
ag.gradcheck(kepler, [0.3, 1.0], order=3)

# %% [markdown]
# **The picture and the tape know it.** It stands on the tape like all the others, as one entry
# instead of twenty rounds of Newton's method.

# %%
with ag.Tape() as tape:
    e = ag.tensor(0.3, requires_grad=True)
    E = kepler(e, times)
    distance = 1 - e * np.cos(E)  # from the sun
    loss = np.mean(distance**2)
    loss.backward()

tape.draw()

# %% [markdown]
# **The derivation knows it, too.** Your rules stand in it beside NumPy's:

# %%
tape.derive("e")

# %% [markdown]
# ## A routine in C
#
# `math.erf` is a function of the C library, for one number at a time. Once it has its rule, it is
# as good as any of NumPy's. `elementwise=True` promises that each element of the result depends on
# the same element of the input only; it lets `np.where` keep an infinity out of a branch that it
# did not choose.

# %%
erf = ag.primitive(
    lambda x: np.vectorize(math.erf, otypes=[float])(x),
    name="erf",
    elementwise=True,
    x=lambda g, x: g * (2 / math.sqrt(math.pi)) * np.exp(-(x**2)),
)
ag.gradcheck(erf, [np.array([-1.0, 0.0, 0.5])])

# %% [markdown]
# ## A loop that writes into an array
#
# A leaky bucket: each hour it keeps a share of what was in it, and `x` is poured in. Each step
# needs the one before, so there is no way around the loop.


# %%
def pour(x, share):
    z = np.array(x, dtype=float)
    for k in range(1, len(z)):
        z[k] += share * z[k - 1]
    return z


pour(np.array([1.0, 0.0, 0.0, 2.0]), 0.5)

# %% [markdown]
# Going back: the water of hour $k$ counts for what it does at once, $g_k$, and a share of it is
# still there an hour later:
#
# $$\bar x_k = g_k + \text{share} \cdot \bar x_{k+1}, \qquad
#   \overline{\text{share}} = \sum_{k \ge 1} \bar x_k\, z_{k-1}$$
#
# (A bar is the gradient by what is below it.) The first one is the same bucket, run backwards in
# time. So the rule calls the primitive itself and not the plain loop, and thereby it can be
# differentiated again.


# %%
def backwards(g, share):
    return np.flip(bucket(np.flip(g), share))


bucket = ag.primitive(
    pour,
    name="bucket",
    x=lambda g, share: backwards(g, share),
    share=lambda g, z, share: np.sum(backwards(g, share)[1:] * z[:-1]),
)
ag.gradcheck(bucket, [np.array([1.0, 0.0, -1.0, 2.0]), 0.5])

# %% [markdown]
# With that, we can look at the level of a bucket and find out how leaky it is:

# %%
rain = np.random.default_rng(0).exponential(size=100)
level = pour(rain, 0.8)

share = 0.7
for step in range(5):
    now, steepness = ag.jvp(lambda s: bucket(rain, s), (share,), (1.0,))
    off = now - level
    print(f"{step}   share {share:.6f}   off by up to {np.max(np.abs(off)):.1e}")
    share = share - (steepness @ off) / (steepness @ steepness)

# %% [markdown]
# ## Several results
#
# A function may return a tuple. Say how many there are; then `g` and `z` are tuples, too.

# %%
polar = ag.primitive(
    lambda x, y: (np.hypot(x, y), np.arctan2(y, x)),
    name="polar",
    outputs=2,
    x=lambda g, z, x, y: g[0] * x / z[0] - g[1] * y / z[0] ** 2,
    y=lambda g, z, x, y: g[0] * y / z[0] + g[1] * x / z[0] ** 2,
)
ag.gradcheck(polar, [np.array([1.0, -2.0]), np.array([0.5, 1.0])])

# %% [markdown]
# ## Under NumPy's name
#
# `np.roots` finds the places where a polynomial is zero. It has no rule so far:

# %%
coefficients = ag.tensor([1.0, -6.0, 11.0, -6.0], requires_grad=True)  # (x-1)(x-2)(x-3)
try:
    np.roots(coefficients)
except TypeError as error:
    print(fill(str(error), 90))

# %% [markdown]
# With `implements=np.roots`, NumPy's own function finds your primitive whenever it is given a
# Tensor. (This rule is for real roots, each of them single.)


# %%
def slope_at(c, z):
    return np.polyval(c[:-1] * np.arange(len(c) - 1, 0, -1), z)


roots = ag.primitive(
    lambda c: np.roots(c),
    name="roots",
    implements=np.roots,
    c=lambda g, c, z: -(g / slope_at(c, z)) @ np.vander(z, len(c)),
)


def spread(coefficients):  # plain NumPy, by somebody who has never heard of all this
    return np.std(np.roots(coefficients))


print(ag.grad(spread)(np.array([1.0, -6.0, 11.0, -6.0])))
ag.gradcheck(np.roots, [coefficients])

# %% [markdown]
# ## To remember
#
# - A rule is NumPy on `g` and what it names. It writes nothing in place and does not look at
#   types.
# - Where it needs the routine itself, it calls the *primitive*, so that second derivatives work.
# - An input that has no derivative gets `None` for its rule. A parameter that is no array comes
#   after a `/` in the function's signature.
# - `ag.gradcheck` before you trust it, with shapes that broadcast.
