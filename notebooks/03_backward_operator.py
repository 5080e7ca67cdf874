# %% [markdown]
# # The backward operator
#
# A derivation of backpropagation for a network of $r$ layers with the logistic loss. It cuts the
# network into modules $M$, gives each module one operator that carries a gradient from its result
# back to its input,
#
# $$\mathcal{B}[M, z](v) = \left(\frac{\partial M}{\partial z}\right)^{\!\top} v,$$
#
# and chains these operators together. We follow it line by line: first the operator of each
# module, next to the whole Jacobian matrix; then the chain through three layers, through any
# number of layers, and through several examples at once. Every formula is held against the tape.

# %%
import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## The operator, two ways
#
# One may take the definition at its word: build the Jacobian, transpose it, multiply. Or let the
# tape carry $v$ back through the operations of $M$; that is what `ag.vjp` does ("vector-Jacobian
# product"), and no matrix is ever built.


# %%
def dense(M, z):
    return lambda v: ag.jacobian(M)(z).T @ v


def B(M, z):
    _, back = ag.vjp(M, z)
    return lambda v: back(v)[0]


def M(z):  # something with two results from three inputs
    return ag.stack([z[0] * z[1], np.sin(z[2])])


z = np.array([2.0, 3.0, 0.0])
v = np.array([1.0, 10.0])
print(ag.jacobian(M)(z), "\n")
print(dense(M, z)(v), B(M, z)(v))

# %% [markdown]
# For a layer with a thousand inputs and a thousand outputs the matrix for the weights would have
# $10^9$ elements, nearly all of them 0. $\mathcal{B}[M, z]$ is the same linear map without the
# matrix. This is why the derivation writes it as an *operator*.
#
# ## The loss
#
# The last layer gives one number $t$, and the target $y$ is 0 or 1:
#
# $$\ell(t, y) = \log(1 + e^t) - y\,t, \qquad
#   \mathcal{B}[\ell, t](v) = \left(\frac{1}{1 + e^{-t}} - y\right) v$$
#
# (The document has $t = \theta^\top x \in \mathbb{R}^n$. It is $\theta$ that lives in
# $\mathbb{R}^n$; $t$ is a single number.)


# %%
def logistic(t, y):
    return np.logaddexp(0, t) - y * t


y = np.array(1.0)
t = ag.tensor(0.8, requires_grad=True)
with ag.Tape() as loss:
    J = logistic(t, y)
loss.check({"t": lambda t, y: 1 / (1 + np.exp(-t)) - y})

# %% [markdown]
# Why `logaddexp(0, t)`, and not the logarithm of the sigmoid $p$, as one would write it first? Both
# are $\log(1 + e^t) - y\,t$ on paper. On a computer, $1 - p$ loses its digits when $p$ is nearly 1
# (see $t = 30$), and in the end $e^{-t}$ overflows or $1 - p$ is 0:


# %%
def naive(t, y):
    p = 1 / (1 + np.exp(-t))
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


with np.errstate(all="ignore"):
    for t in -1e4, -30.0, 0.0, 30.0, 1e4:
        print(f"t = {t:8}   naive {B(lambda t: naive(t, 0.0), t)(1.0):.6f}", end="")
        print(f"   logaddexp {B(lambda t: logistic(t, 0.0), t)(1.0):.6f}")

# %% [markdown]
# ## The linear module: back to its input
#
# $$\mathsf{MM}_{W,b}(z) = Wz + b, \qquad W \in \mathbb{R}^{n \times m}$$
#
# $\partial(Wz + b)_j / \partial z_i = W_{ji}$: the Jacobian is $W$ itself.
# ($i$ runs over $1, \dots, m$ and $j$ over $1, \dots, n$, for which the document writes
# $i \in \mathbb{R}^m$ and $j \in \mathbb{R}^n$.)
#
# $$\mathcal{B}[\mathsf{MM}, z](v) = W^\top v, \qquad \mathcal{B}[\mathsf{MM}, b](v) = v$$

# %%
W = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 4.0]])
b = np.array([0.5, -0.5])
z = np.array([2.0, 3.0, 5.0])
v = np.array([1.0, 10.0])

print("to z", B(lambda z: W @ z + b, z)(v), dense(lambda z: W @ z + b, z)(v), W.T @ v)
print("to b", B(lambda b: W @ z + b, b)(v), dense(lambda b: W @ z + b, b)(v), v)

# %% [markdown]
# ## The linear module: back to its weights
#
# With respect to a matrix, the transposed Jacobian has four dimensions, says the derivation. Three
# are enough, since the result $Wz + b$ is a vector:

# %%
jacobian = ag.jacobian(lambda W: W @ z + b)(W)
print("shape", jacobian.shape, "  the result's, then W's")

# %% [markdown]
# Either way one flattens $W$, row by row, to $(W_{11}, W_{12}, \dots, W_{nm})$. Then
# $\mathcal{B}[\mathsf{MM}, W]$ is a matrix with $nm$ rows and $n$ columns, and $z$ stands in it
# once for each result, block below block:

# %%
flat = jacobian.reshape(2, 6).T
flat

# %% [markdown]
# (The bottom row of the first block ends with $\partial(Wz+b)_n/\partial W_{1m}$; the document has
# $W_{2n}$ there.) The blocks are easier to see when there are more of them. Eight results, five
# inputs; orange is above 0:

# %%
wide = ag.jacobian(lambda W: W @ np.arange(1.0, 6.0))(np.zeros((8, 5)))
ag.tensor(wide.reshape(8, 40))

# %% [markdown]
# (This one is the Jacobian itself, 8 by 40, so that it fits the page; the operator is its
# transpose.) Times $v$, the blocks become $v_1 z$, $v_2 z$, ...; cut back into rows, that is
#
# $$\mathcal{B}[\mathsf{MM}, W](v) = v\,z^\top$$

# %%
print(flat @ v)
print((flat @ v).reshape(2, 3))
print(np.outer(v, z))
print(B(lambda W: W @ z + b, W)(v))

# %% [markdown]
# The derivation is not happy with this "cut back into rows", and finds a better reason.
# Write $u = Wz + b$. By the chain rule,
#
# $$\frac{\partial J}{\partial W_{ij}}
#   = \sum_{k=1}^n \frac{\partial J}{\partial u_k}\frac{\partial u_k}{\partial W_{ij}}
#   = \frac{\partial J}{\partial u_i}\, z_j,$$
#
# because $u_k$ knows row $k$ of $W$ and no other. That sum over $k$ is one over the *ways* from
# $W_{ij}$ to $J$. The tape can list them; here is $W_{23}$, which is `W[1, 2]` in Python's
# counting:

# %%
W = ag.tensor(W, requires_grad=True)
with ag.Tape() as module:
    u = W @ z + b
    J = v @ u
module.paths(W).at((1, 2)).through(u)

# %% [markdown]
# Of the sum one term is left, $v_2 z_3 = 10 \cdot 5$; through $u_1$ nothing comes.
#
# ## The activation
#
# $\sigma$ works on each element by itself, so that its Jacobian has $\sigma'$ on the diagonal and
# nothing else, and
#
# $$\mathcal{B}[\sigma, z](v) = \operatorname{diag}\bigl(\sigma'(z_1), \dots, \sigma'(z_m)\bigr)\, v
#   = \sigma'(z) \odot v, \qquad \sigma'(z) = \sigma(z)\,\bigl(1 - \sigma(z)\bigr)$$

# %%
sigma = ag.sigmoid
z = np.array([-2.0, 0.0, 1.0])
v = np.array([1.0, 10.0, 100.0])
print(ag.jacobian(sigma)(z), "\n")
print(B(sigma, z)(v), sigma(z) * (1 - sigma(z)) * v)

# %% [markdown]
# ## Three layers
#
# These are all the modules that there are. Now a network of them, with $r = 3$:
#
# $$\begin{aligned}
# z^{[1]} &= \mathsf{MM}_{W^{[1]}, b^{[1]}}(x) & a^{[1]} &= \sigma(z^{[1]}) \\
# z^{[2]} &= \mathsf{MM}_{W^{[2]}, b^{[2]}}(a^{[1]}) & a^{[2]} &= \sigma(z^{[2]}) \\
# z^{[3]} &= \mathsf{MM}_{W^{[3]}, b^{[3]}}(a^{[2]}) & J &= \ell(z^{[3]}, y)
# \end{aligned}$$
#
# The vectors are columns, as in the derivation: `x` has the shape `(2, 1)`.

# %%
x = np.array([[1.0], [-2.0]])
y = np.array([[1.0]])
W_1 = ag.tensor([[0.5, -0.3], [0.8, 0.2], [-0.6, 0.4]], requires_grad=True)
W_2 = ag.tensor([[0.7, -0.5, 0.3], [-0.4, 0.6, 0.9]], requires_grad=True)
W_3 = ag.tensor([[1.2, -0.8]], requires_grad=True)
b_1, b_2, b_3 = (ag.tensor(np.full((n, 1), 0.1), requires_grad=True) for n in (3, 2, 1))

with ag.Tape() as tape:
    z_1 = W_1 @ x + b_1
    a_1 = sigma(z_1)
    z_2 = W_2 @ a_1 + b_2
    a_2 = sigma(z_2)
    z_3 = W_3 @ a_2 + b_3
    J = logistic(z_3, y).sum()
    J.backward()

tape.draw()

# %% [markdown]
# First the chain through the $z$ and the $a$, from the end to the beginning. Each line applies one
# operator to what the line before it found:
#
# $$\begin{aligned}
# \frac{\partial J}{\partial z^{[3]}} &= \mathcal{B}[\ell, z^{[3]}](1)
#   &&= \sigma(z^{[3]}) - y \\[6pt]
# \frac{\partial J}{\partial a^{[2]}} &= \mathcal{B}[\mathsf{MM}, a^{[2]}]
#   \Bigl(\frac{\partial J}{\partial z^{[3]}}\Bigr)
#   &&= W^{[3]\top}\, \frac{\partial J}{\partial z^{[3]}} \\[6pt]
# \frac{\partial J}{\partial z^{[2]}} &= \mathcal{B}[\sigma, z^{[2]}]
#   \Bigl(\frac{\partial J}{\partial a^{[2]}}\Bigr)
#   &&= \sigma'(z^{[2]}) \odot \frac{\partial J}{\partial a^{[2]}} \\[6pt]
# & \;\;\vdots \\[6pt]
# \frac{\partial J}{\partial z^{[1]}} &= \mathcal{B}[\sigma, z^{[1]}]
#   \Bigl(\frac{\partial J}{\partial a^{[1]}}\Bigr)
#   &&= \sigma'(z^{[1]}) \odot \frac{\partial J}{\partial a^{[1]}}
# \end{aligned}$$
#
# In Python a formula is a function of what stands in it. `z_3` is the value of that name on the
# tape, and `g_z_3` is $\partial J / \partial z^{[3]}$ as the tape found it.


# %%
def slope(z):
    return sigma(z) * (1 - sigma(z))


tape.check(
    {
        "z_3": lambda z_3, y: sigma(z_3) - y,
        "a_2": lambda W_3, g_z_3: W_3.T @ g_z_3,
        "z_2": lambda z_2, g_a_2: slope(z_2) * g_a_2,
        "a_1": lambda W_2, g_z_2: W_2.T @ g_z_2,
        "z_1": lambda z_1, g_a_1: slope(z_1) * g_a_1,
    }
)

# %% [markdown]
# Then the parameters, each with one more operator:
#
# $$\frac{\partial J}{\partial W^{[i]}} = \mathcal{B}[\mathsf{MM}, W^{[i]}]
#   \Bigl(\frac{\partial J}{\partial z^{[i]}}\Bigr)
#   = \frac{\partial J}{\partial z^{[i]}}\, a^{[i-1]\top}, \qquad
#   \frac{\partial J}{\partial b^{[i]}} = \mathcal{B}[\mathsf{MM}, b^{[i]}]
#   \Bigl(\frac{\partial J}{\partial z^{[i]}}\Bigr)
#   = \frac{\partial J}{\partial z^{[i]}}$$

# %%
tape.check(
    {
        "W_3": lambda g_z_3, a_2: g_z_3 @ a_2.T,
        "b_3": lambda g_z_3: g_z_3,
        "W_2": lambda g_z_2, a_1: g_z_2 @ a_1.T,
        "b_2": lambda g_z_2: g_z_2,
        "W_1": lambda g_z_1, x: g_z_1 @ x.T,
        "b_1": lambda g_z_1: g_z_1,
    }
)

# %% [markdown]
# The tape has the same derivation, and can write it down. A bar over a symbol, or `g_` before it in
# plain text, is the derivative of $J$ with respect to it. Nobody told the tape about layers: it
# knows the rule of a product of matrices, of a sum, of $\sigma$ and of `logaddexp`.

# %%
tape.derive("W_1")

# %% [markdown]
# ## A slip
#
# Suppose you do all this with numbers on paper. In the second layer you take $\sigma'$ at $a^{[2]}$
# and not at $z^{[2]}$ (the value at hand *is* called $a$), and go on, correctly, from there.

# %%
dz_3 = sigma(z_3.numpy()) - y
da_2 = W_3.numpy().T @ dz_3
dz_2 = slope(a_2.numpy()) * da_2  # here
da_1 = W_2.numpy().T @ dz_2
dz_1 = slope(z_1.numpy()) * da_1
dW_1 = dz_1 @ x.T

tape.check({"z_3": dz_3, "a_2": da_2, "z_2": dz_2, "a_1": da_1, "z_1": dz_1, "W_1": dW_1})

# %% [markdown]
# Four values are wrong, and one step is.
#
# ## Step by step
#
# The same walk back, one operation at a time. In a notebook that you have not run yourself the
# steps are a table; run the cell to click through them.

# %%
tape.step()

# %% [markdown]
# ## Any number of layers
#
# The recursion never asked how many layers there are. Here are ten, with random weights, and the
# derivation as a loop.

# %%
rng = np.random.default_rng(0)
r = 10
units = [2, *[5] * (r - 1), 1]  # the input, the layers
W = [None] + [
    ag.tensor(rng.normal(size=(units[i], units[i - 1])), requires_grad=True)
    for i in range(1, r + 1)
]
b = [None] + [ag.tensor(rng.normal(size=(n, 1)), requires_grad=True) for n in units[1:]]

with ag.Tape() as deep:
    a, z = [ag.tensor(x)], [None]
    for i in range(1, r + 1):
        z.append(W[i] @ a[i - 1] + b[i])
        a.append(sigma(z[i]))
    J = logistic(z[r], y).sum()

# %%
by_hand = {}
dz = B(lambda t: logistic(t, y).sum(), z[r].numpy())(1.0)
for i in range(r, 0, -1):
    below = a[i - 1].numpy()
    by_hand |= {z[i]: dz, W[i]: dz @ below.T, b[i]: dz}
    if i > 1:
        by_hand[a[i - 1]] = W[i].numpy().T @ dz
        dz = slope(z[i - 1].numpy()) * by_hand[a[i - 1]]

report = deep.check(by_hand)
print(len(report), "gradients by hand; all equal to the tape's:", report.ok)

# %% [markdown]
# With this many operators in a row one sees what they do to the size of a gradient.
# $\sigma'$ is at most $\frac14$, so that each $\mathcal{B}[\sigma, z]$ makes its vector at least
# four times smaller, and the $W^\top$ between them must make up for it, or the first layers learn
# nothing:

# %%
for i in range(r, 0, -3):
    print(f"layer {i:2}   |∂J/∂z| = {np.linalg.norm(deep.at(z[i]).cotangent):.6f}")

# %% [markdown]
# ## Several examples: columns
#
# Three examples, side by side as the columns of $X$. Each of them gets its own $z$:
#
# $$Z^{[1]} = \begin{bmatrix} z^{[1](1)} & z^{[1](2)} & z^{[1](3)} \end{bmatrix}
#   = W^{[1]} X + b^{[1]}$$
#
# The shape of $b$ "is not right", notes the derivation, and leaves it to NumPy's broadcasting. On
# the way back, this is what broadcasting costs: one $b$ was used for three examples, and what comes
# back from the three is added up.
#
# $$\frac{\partial J}{\partial W^{[1]}} = \frac{\partial J}{\partial Z^{[1]}}\, X^\top, \qquad
#   \frac{\partial J}{\partial b^{[1]}} = \sum_{n} \frac{\partial J}{\partial z^{[1](n)}}$$

# %%
X = np.array([[1.0, 2.0, -1.0], [-2.0, 0.5, 3.0]])
Y = np.array([[1.0, 0.0, 1.0]])
w = ag.tensor([[1.2, -0.8, 0.5]], requires_grad=True)

with ag.Tape() as columns:
    Z = W_1 @ X + b_1
    J = logistic(w @ sigma(Z), Y).sum()

columns.check(
    {
        "W_1": lambda g_Z, X: g_Z @ X.T,
        "b_1": lambda g_Z: g_Z.sum(axis=1, keepdims=True),
    }
)

# %% [markdown]
# Is there really nothing to worry about? Our `b_1` has the shape `(3, 1)`. Someone else writes
# biases as plain vectors, `(3,)`. NumPy lines shapes up from the *right*, so with three units
# **and** three examples there is no error: the biases go to the examples instead of the units.

# %%
bias = ag.tensor([0.1, 0.0, -0.2], requires_grad=True)
with ag.Tape() as trap:
    Z = W_1 @ X + bias
    J = logistic(w @ sigma(Z), Y).sum()

trap.check({"bias": lambda g_Z: g_Z.sum(axis=1)})

# %% [markdown]
# The formula is right for what was meant, and the program computed something else. Where it
# happened:

# %%
trap.broadcasts()

# %% [markdown]
# Axis 0 of `Z` holds the units. Their gradients must not be added up.
#
# ## Several examples: rows
#
# Programs mostly keep an example in a row. Then everything is transposed, products turn around,
# and a plain vector is the right shape for the biases:
#
# $$Z = XW + b$$
#
# (The document uses the same letters for both. These $X$, $W$, $Z$ are the transposes of those
# above.) The gradients are transposed as well, and nothing else happens to them:

# %%
rows_of_X, rows_of_Y = X.T, Y.T
V = ag.tensor(W_1.numpy().T, requires_grad=True)
c = ag.tensor(b_1.numpy()[:, 0], requires_grad=True)
u = ag.tensor(w.numpy().T, requires_grad=True)

with ag.Tape() as rows:
    R = rows_of_X @ V + c
    J = logistic(sigma(R) @ u, rows_of_Y).sum()

rows.check(
    {
        "R": columns["Z"].cotangent.T,
        "V": columns["W_1"].cotangent.T,
        "c": columns["b_1"].cotangent[:, 0],
        "u": columns["w"].cotangent.T,
    }
)

# %% [markdown]
# ## For you
#
# 1. What is $\mathcal{B}[\mathsf{MM}, W](v)$ in the row convention, where $z$ and $v$ are rows?
#    Write it down, then check: `rows.check({"V": lambda g_R, rows_of_X: ...})`.
# 2. In the ten layers above, replace $\sigma$ by `np.tanh` and `slope` by its derivative. What
#    happens to the size of the gradients?
# 3. Find the operator of a module that is not in the derivation: $M(x) = x / \lVert x \rVert$. Its
#    Jacobian is full, since every element of $x$ is part of the norm. This answer forgets that:


# %%
def unit(x):
    return x / np.sqrt(np.sum(x**2))


task = ag.exercise(unit, np.array([3.0, 4.0, 12.0]))
task.grade(g_x=lambda g, x: g / np.sqrt(np.sum(x**2)))

# %% [markdown]
# `task.hint()` helps a step at a time. And where a value has more than one way to the loss:
# [the chain rule over several paths](04_several_paths.ipynb).
