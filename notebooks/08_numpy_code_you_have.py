# %% [markdown]
# # NumPy code that you have
#
# Somewhere you have a function that takes arrays and returns a number: an energy, a likelihood, a
# cost. It was written in plain NumPy, perhaps years ago, and it has no idea that gradients exist.
# This notebook differentiates such functions **as they are**. Nothing is rewritten, and what comes
# back are plain arrays again.

# %%
from textwrap import fill

import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## Forces between atoms
#
# Atoms repel each other when they are close, and attract each other when they are not quite so
# close. A well-known model of it, Lennard-Jones, in four lines:


# %%
def energy(positions):
    r = positions[:, None] - positions
    i, j = np.triu_indices(len(positions), 1)
    distance = np.linalg.norm(r[i, j], axis=-1)
    return np.sum(distance**-12 - 2 * distance**-6)


atoms = np.array([[0.0, 0.0, 0.0], [1.2, 0.0, 0.0], [0.3, 0.9, 0.1]])
energy(atoms)

# %% [markdown]
# The force on an atom is minus the gradient of the energy. `ag.grad` turns a function into the
# function that computes its gradient:

# %%
force = ag.grad(lambda positions: -energy(positions))
force(atoms)

# %% [markdown]
# Is it right? Physics has an opinion: the forces of atoms on each other add up to zero. And
# `ag.gradcheck` nudges each coordinate and compares, and then does the same with the derivatives of
# the gradient.

# %%
print("the forces add up to", np.abs(force(atoms).sum(axis=0)).max())
print("gradcheck:", ag.gradcheck(energy, [atoms]))

# %% [markdown]
# How does it do that, when `energy` knows nothing of it? It is called with a `Tensor` in place of
# the array, and when NumPy's functions meet a `Tensor`, they leave a note of what they did. These
# notes are the **tape**. Seen from above, `energy` is this:

# %%
with ag.Tape() as tape:
    total = energy(ag.tensor(atoms, requires_grad=True))
tape.draw()

# %% [markdown]
# Let the atoms follow their forces until they rest. They end in a triangle with sides of length 1.

# %%
resting = atoms
for _ in range(2000):
    resting = resting + 0.005 * force(resting)

print("energy", energy(resting))
print("sides", np.linalg.norm(resting - np.roll(resting, 1, axis=0), axis=1))

# %% [markdown]
# ## How it vibrates
#
# Near the rest position, the second derivatives say how stiff the triangle is. `ag.hessian` gives
# all of them: the shape of the input twice, `(3, 3, 3, 3)`. Read as a matrix of 9 × 9, it has
# eigenvalues that belong to the ways in which the triangle can move. Six of them must be 0, because
# moving or turning all of it costs nothing; three are vibrations, and a textbook will tell you that
# two of them are alike.

# %%
stiffness = ag.hessian(energy)(resting)
print(stiffness.shape)
print(np.linalg.eigvalsh(stiffness.reshape(9, 9)))

# %% [markdown]
# ## Fitting a curve
#
# Something decays, and we measure it with some noise. How fast does it decay? The model is a
# function of parameters in a dictionary; gradients come as a dictionary of the same form.

# %%
random = np.random.default_rng(1)
t = np.linspace(0, 5, 40)
measured = 2.5 * np.exp(-1.3 * t) + 0.4 + random.normal(scale=0.03, size=40)


def model(p):
    return p["height"] * np.exp(-p["rate"] * t) + p["floor"]


def misfit(p):
    return np.mean((model(p) - measured) ** 2)


guess = {"height": 1.0, "rate": 0.5, "floor": 0.0}
value, slopes = ag.value_and_grad(misfit)(guess)
print(value)
print({name: round(float(slope), 4) for name, slope in slopes.items()})

# %% [markdown]
# Gradient descent needs patience:

# %%
p = guess
for step in range(601):
    value, slopes = ag.value_and_grad(misfit)(p)
    if step % 100 == 0:
        print(f"{step:5}   {value:.8f}   rate {p['rate']:.5f}")
    p = {name: p[name] - 0.2 * slopes[name] for name in p}

# %% [markdown]
# `ag.jacobian` knows more: how *each* of the 40 points of the curve moves with *each* parameter.
# With that, the best step can be computed as if the model were linear (the method of Gauss and
# Newton).

# %%
curve = lambda v: model({"height": v[0], "rate": v[1], "floor": v[2]})
v = np.array([1.0, 0.5, 0.0])
for step in range(8):
    print(f"{step:5}   {np.mean((curve(v) - measured) ** 2):.8f}   rate {v[1]:.5f}")
    J = ag.jacobian(curve)(v)  # (40, 3)
    v = v - np.linalg.lstsq(J, curve(v) - measured)[0]

# %% [markdown]
# The same matrix says how sure we may be of the result:

# %%
residual = curve(v) - measured
covariance = np.linalg.inv(J.T @ J) * (residual @ residual) / (len(t) - 3)
for name, best, error in zip(guess, v, np.sqrt(np.diag(covariance)), strict=True):
    print(f"{name:7} {best:.3f} ± {error:.3f}")

# %% [markdown]
# ## Rows and columns, without the matrix
#
# A Jacobian matrix `J` can be large. Often one only wants its product with a vector, and that
# costs no more than a few calls of the function:
#
# - `ag.jvp`: `J v`. *If the inputs move along v, how does the result move?*
# - `ag.vjp`: `u J`. *If I weigh the results by u, how much does each input count?*
#
# They must agree with each other: `u · (J v)` and `(u J) · v` are the same number.

# %%
direction, weights = random.normal(size=3), random.normal(size=40)

_, moved = ag.jvp(curve, (v,), (direction,))
_, pull = ag.vjp(curve, v)
(mattering,) = pull(weights)  # one for each argument of the function, and here there is one
print(weights @ moved, mattering @ direction)

# %% [markdown]
# ## Which example disturbs the fit?
#
# A hundred examples, one of which carries the wrong label. The mean of the losses has one
# gradient; but the losses are a hundred numbers, and `ag.jacobian` gives the gradient of each by
# itself: how hard each example pulls at the two weights.

# %%
points = random.normal(size=(100, 2))
labels = (points @ [2.0, -1.0] > 0).astype(float)
wrong = np.argmax(points @ [2.0, -1.0])  # the clearest of all
labels[wrong] = 0


def losses(w, points, labels):
    score = points @ w
    return np.logaddexp(0, score) - labels * score  # logistic regression, one loss for each


w = np.zeros(2)
for _ in range(300):
    w = w - 0.5 * ag.grad(lambda w: losses(w, points, labels).mean())(w)

pulls = ag.jacobian(losses)(w, points, labels)  # (100, 2)
strength = np.linalg.norm(pulls, axis=1)
print("the strongest pull is that of example", np.argmax(strength), "and the wrong one is", wrong)
print(f"its pull: {strength[wrong]:.3f}   the median: {np.median(strength):.3f}")

# %% [markdown]
# ## Newton's method for a thousand unknowns
#
# Newton's step solves `H s = -∇f`, with the matrix of second derivatives `H`. For a thousand
# unknowns that is a million numbers, for a million unknowns it is out of the question. But the
# method of conjugate gradients solves it without the matrix, if somebody gives it the products `H
# v`. `ag.hvp` does, for the price of a few evaluations.

# %%
examples = random.normal(size=(2000, 1000))
answers = np.sign(examples @ random.normal(size=1000) + random.normal(scale=5, size=2000))


def loss(w):  # logistic regression once more, and large weights cost something
    return np.logaddexp(0, -answers * (examples @ w)).mean() + 0.01 * np.sum(w**2)


def conjugate_gradients(product, right):
    s, r, d = np.zeros_like(right), right, right
    while r @ r > 1e-8 * (right @ right):
        Hd = product(d)
        length = (r @ r) / (d @ Hd)
        s, before, r = s + length * d, r @ r, r - length * Hd
        d = r + (r @ r) / before * d
    return s


# %%
times_a_vector = ag.hvp(loss)  # times_a_vector(w, v) is H(w) v
products = 0


def product(v):
    global products
    products += 1
    return times_a_vector(w, v)


w = np.zeros(1000)
for step in range(6):
    slope = ag.grad(loss)(w)
    size = np.linalg.norm(slope)
    print(f"{step}   {loss(w):.9f}   |∇f| = {size:.1e}   after {products} products with H")
    w = w + conjugate_gradients(product, -slope)

# %% [markdown]
# ## Through a solver
#
# Where is a planet at a given time? Kepler's equation says it: `M = E - e sin E`, where `M` is the
# time (2π is a whole year), `E` an angle that gives the place, and `e` says how far the orbit is
# from a circle. But one has to solve it for `E`. Newton's method does, in a loop with a test in it:


# %%
def position(e, M):
    E = M
    while True:
        step = (E - e * np.sin(E) - M) / (1 - e * np.cos(E))
        E = E - step
        if abs(step) < 1e-12:
            return E


position(0.3, 1.0)

# %% [markdown]
# Loops and tests are no obstacle: the tape records what was done, not how it was decided. So the
# loop can be differentiated as it is.

# %%
ag.grad(position)(0.3, 1.0)

# %% [markdown]
# But why follow all the steps of a search, when only the place where it ended matters? There
# `F = E - e sin E - M` is 0. If `e` moves a little, `E` must move such that `F` remains 0:
#
# $$\frac{\partial F}{\partial E}\,\mathrm dE + \frac{\partial F}{\partial e}\,\mathrm de = 0
# \qquad\text{so}\qquad \frac{\mathrm dE}{\mathrm de} = -\frac{\partial F/\partial e}{\partial
# F/\partial E}$$
#
# This is the implicit function theorem, and it works for any solver in any library, even one that
# nobody can look into.


# %%
def F(E, e, M):
    return E - e * np.sin(E) - M


E = position(0.3, 1.0)
F_E, F_e = ag.grad(F, argnums=(0, 1))(E, 0.3, 1.0)
nudge = 1e-6
print("implicit     ", -F_e / F_E)
print("nudged       ", (position(0.3 + nudge, 1.0) - position(0.3 - nudge, 1.0)) / (2 * nudge))

# %% [markdown]
# To use such a rule inside larger programs, give it to the engine: [your own
# primitive](10_your_own_primitive.ipynb).
#
# ## What does not work, and how you notice
#
# Your function is called with the engine's arrays in place of NumPy's. NumPy's own functions,
# operators and indexing all know them; [more than three hundred functions](../docs/supported.md)
# have a derivative. What would lose the gradient is refused, and the message says what to do:


# %%
def through_float(x):
    return float(x[0]) * 2


def into_an_array(x):
    result = np.zeros(3)
    result[0] = x[0] ** 2
    return np.sum(result)


def without_a_rule(x):
    return np.sum(np.fft.fft(x))


for f in through_float, into_an_array, without_a_rule:
    try:
        ag.grad(f)(np.array([1.0, 2.0]))
    except Exception as error:
        print(fill(f"{f.__name__}: {error.__cause__ or error}", 90), end="\n\n")
