# %% [markdown]
# # Softmax and cross-entropy behind a network
#
# A derivation of backpropagation for a network of any depth, in six steps and one that is empty:
#
# | | | |
# |---|---|---|
# | B1 | $\partial\ell/\partial\mu$ | from the loss to what comes out of softmax |
# | B2 | $\partial\mu/\partial a^{(L)}$ | through softmax |
# | B3 | $\partial\ell/\partial a^{(L)}$ | the two together |
# | B4 | $\partial a^{(l)}/\partial z^{(l)}$ | through the function $f$ of a layer |
# | B5 | $\partial z^{(l)}/\partial W^{(l)}$ | from a product to its weights |
# | B6 | $\partial z^{(l)}/\partial a^{(l-1)}$ | and to the layer before |
# | B7 | the loss with respect to $z^{(l)}$, $a^{(l-1)}$, $W^{(l)}$ | *left to be done* |
#
# We walk through it with a network small enough to print, and hold each formula against the tape,
# which has seen none of them. Three times on the way an index needs mending, and at the end we fill
# in B7.

# %%
from itertools import pairwise

import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## The network
#
# Rows are examples. Each of the $L$ layers is a matrix product and a function $f$ of each element,
# and the last one is followed by softmax:
#
# $$a^{(0)} = x, \qquad
#   z^{(l)} = a^{(l-1)}\, W^{(l)}, \qquad
#   a^{(l)} = f\bigl(z^{(l)}\bigr), \qquad
#   \mu = \mathcal S\bigl(a^{(L)}\bigr), \qquad
#   \ell = -\sum_{j=1}^N \log(\mu_j)\, y_j^{\mathsf T}$$
#
# with $x \in \mathbb R^{N \times d^{(0)}}$, $W^{(l)} \in \mathbb R^{d^{(l-1)} \times d^{(l)}}$, and
# in each row of $y$ a single 1. The loss is a sum over the examples, not a mean.
#
# Ours has $L = 2$ layers, $N = 3$ examples, $d^{(0)} = 2$, $d^{(1)} = d^{(2)} = 3$, and
# $f = \tanh$. The variable `a1` is $a^{(1)}$.

# %%
x = np.array([[1.0, 0.5], [-1.0, 2.0], [0.5, -1.5]])
y = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
W1 = ag.tensor([[0.5, -1.0, 0.4], [0.8, 0.4, -0.6]], requires_grad=True)
W2 = ag.tensor([[1.0, -0.5, 0.2], [0.3, 0.7, -1.2], [-0.4, 0.1, 0.9]], requires_grad=True)

with ag.Tape() as tape:
    z1 = x @ W1
    a1 = np.tanh(z1)
    z2 = a1 @ W2
    a2 = np.tanh(z2)
    mu = ag.softmax(a2)
    loss = -np.sum(np.log(mu) * y)
    loss.backward()

print(mu.numpy(), "\n\nloss", round(loss.item(), 4))

# %%
tape.draw()

# %% [markdown]
# Each box shows a value and, to its right, the gradient that came back to it, orange above 0 and
# blue below. ($\|\nabla\|$ is the length of a gradient.)
#
# ## B1: from the loss to $\mu$
#
# $$\frac{\partial \ell}{\partial \mu} = -\frac{y}{\mu}$$
#
# What the tape has for a value is its *cotangent*, the gradient of the loss with respect to it.
# Here are $\mu$ and its cotangent. In each row, only the true class has one:

# %%
tape["mu"]

# %%
tape.check({"mu": lambda y, mu: -y / mu})

# %% [markdown]
# ## B2: through softmax, from $\mu$ to $a^{(L)}$
#
# $$\frac{\partial \mu_{jk}}{\partial a^{(L)}_{ji}}
#   = \mu_{ji}\,\bigl(\mathbb I(i = k) - \mu_{jk}\bigr)
#   \qquad\text{or, for a whole example,}\qquad
#   \frac{\partial \mu_j}{\partial a^{(L)}_j}
#   = \operatorname{diag}(\mu_j) - \mu_j^{\mathsf T} \mu_j$$
#
# In the matrix that the derivation writes out, the last index is $L$. That should be $d^{(L)}$, the
# number of classes; $L$ counts layers.
#
# There is one such matrix for each example, so $\partial\mu/\partial a^{(L)}$ is an
# $N \times d^{(L)} \times d^{(L)}$ stack. The engine makes that stack from softmax alone:

# %%
stack = ag.jacobian(ag.softmax, per_example=True)(a2.numpy())
by_hand = np.array([np.diag(m) - np.outer(m, m) for m in mu.numpy()])
print("shape", stack.shape, "  the first example, from the engine and by hand:\n")
print(np.hstack([stack[0], by_hand[0]]))

# %% [markdown]
# It is symmetric, and each row sums to 0: moving all of $a_j$ by the same amount changes nothing.
#
# May one leave it at a stack? All derivatives of all elements of $\mu$ would be a $9 \times 9$
# matrix. Here it is as a picture, orange above 0 and blue below. Outside the three blocks it is 0,
# because no example knows of another.

# %%
ag.tensor(ag.jacobian(ag.softmax)(a2.numpy()).reshape(9, 9))

# %% [markdown]
# ## B3: from the loss to $a^{(L)}$
#
# Each example's row from B1, times its matrix from B2:
#
# $$\frac{\partial \ell}{\partial a^{(L)}_j}
#   = \frac{\partial \ell}{\partial \mu_j}\frac{\partial \mu_j}{\partial a^{(L)}_j}$$
#
# The derivation leaves it at this product. It comes to something short. Since $\sum_k y_{jk} = 1$,
#
# $$-\frac{y_j}{\mu_j}\bigl(\operatorname{diag}(\mu_j) - \mu_j^{\mathsf T}\mu_j\bigr)
#   = -y_j + \Bigl(\sum_k y_{jk}\Bigr)\mu_j = \mu_j - y_j$$

# %%
products = {
    "row times matrix": lambda g_mu: np.stack([row @ J for row, J in zip(g_mu, by_hand)]),
    "μ − y           ": lambda mu, y: mu - y,
}
for name, formula in products.items():
    print(name, "  ", tape.check({"a2": formula})["a2"])

# %% [markdown]
# ## B4: through $f$, from $a^{(l)}$ to $z^{(l)}$
#
# Again a stack, and what is in it depends on $f$. For an $f$ of each element, each matrix is
# diagonal, with $f'(z)$ on the diagonal:

# %%
stack = ag.jacobian(np.tanh, per_example=True)(z2.numpy())
print(stack[0])

# %% [markdown]
# A row times a diagonal matrix is an element-wise product. So no network ever builds this stack:
#
# $$\frac{\partial \ell}{\partial z^{(l)}}
#   = \frac{\partial \ell}{\partial a^{(l)}} \odot f'\bigl(z^{(l)}\bigr),
#   \qquad\text{here}\quad f'(z) = 1 - \tanh^2 z = 1 - a^2$$

# %%
tape.check({"z2": lambda g_a2, a2: g_a2 * (1 - a2**2)})

# %% [markdown]
# ## B5: from $z^{(l)}$ to $W^{(l)}$
#
# Here the derivation begins with
#
# $$\frac{\partial z^{(l)}_{jk}}{\partial W^{(l)}_{jk}} \overset{?}{=} a^{(l-1)}_{jk}$$
#
# where $j$ is an example on the left, but a unit of the layer before in $W_{jk}$. With an index of
# its own for that unit, $z_{jk} = \sum_i a_{ji} W_{ik}$, it reads
#
# $$\frac{\partial z^{(l)}_{jk}}{\partial W^{(l)}_{ik}} = a^{(l-1)}_{ji}$$
#
# and the next line is right again: the derivative of $z_{jk}$ with respect to column $k$ of $W$ is
# the row $a^{(l-1)}_j$. (The two lines after it write $a^{(l-1)}$ for everything, and leave out the
# zeros: no other column of $W$ has a part in $z_{jk}$.) From the engine, for the first element of
# $z^{(2)}$:

# %%
z_by_W = ag.jacobian(lambda W: a1.numpy() @ W)(W2.numpy())
print("the derivative of z[0, 0] with respect to W:\n", z_by_W[0, 0], "\n\na[0]: ", a1.numpy()[0])

# %% [markdown]
# Does the slip matter? Suppose we take the first line at its word and go on: for each element, what
# comes from the loss times $a_{jk}$. In our network all three are $3 \times 3$, so the shapes don't
# object. The check does.

# %%
tape.check({"W2": lambda g_z2, a1: g_z2 * a1})

# %% [markdown]
# ## B6: from $z^{(l)}$ to $a^{(l-1)}$
#
# The same indices, as if $j$ were a row of $W$, and the same remedy:
#
# $$\frac{\partial z^{(l)}_{jk}}{\partial a^{(l-1)}_{ji}} = W^{(l)}_{ik},
#   \qquad
#   \frac{\partial z^{(l)}_{j}}{\partial a^{(l-1)}_{j}} = W^{(l)}
#   \in \mathbb R^{d^{(l-1)} \times d^{(l)}}$$
#
# One more thing to watch before we use it. This matrix has a row for each $a_{ji}$ and a column for
# each $z_{jk}$. B3 multiplied a row by a matrix with a *row for each output*; that of softmax is
# symmetric, so one could not tell. In the layout of B3, this one is $W^{\mathsf T}$:

# %%
z_by_a = ag.jacobian(lambda a: a @ W2.numpy(), per_example=True)(a1.numpy())
print(z_by_a[0], W2.numpy().T, sep="\n\n")

# %% [markdown]
# Without the transpose, the shapes fit here, too:

# %%
tape.check({"a1": lambda g_z2, W2: g_z2 @ W2})

# %% [markdown]
# ## B7: the step that was left empty
#
# Write $\delta$ for the gradient of the loss with respect to a value. B4 takes us from $a^{(l)}$ to
# $z^{(l)}$. B6 takes us on to $a^{(l-1)}$, where all the units $k$ that it leads to add up, and B5
# to $W^{(l)}$, where all the examples $j$ add up:
#
# $$\begin{aligned}
# \delta z^{(l)}_{jk} &= \delta a^{(l)}_{jk}\, f'\bigl(z^{(l)}_{jk}\bigr)
#   & \delta z^{(l)} &= \delta a^{(l)} \odot f'\bigl(z^{(l)}\bigr) \\
# \delta a^{(l-1)}_{ji} &= \textstyle\sum_k \delta z^{(l)}_{jk}\, W^{(l)}_{ik}
#   & \delta a^{(l-1)} &= \delta z^{(l)}\, W^{(l)\mathsf T} \\
# \delta W^{(l)}_{ik} &= \textstyle\sum_j a^{(l-1)}_{ji}\, \delta z^{(l)}_{jk}
#   & \delta W^{(l)} &= a^{(l-1)\mathsf T}\, \delta z^{(l)}
# \end{aligned}$$
#
# It begins with $\delta a^{(L)} = \mu - y$ and runs from $l = L$ down to 1.

# %%
tape.check(
    {
        "a2": lambda mu, y: mu - y,
        "z2": lambda g_a2, a2: g_a2 * (1 - a2**2),
        "W2": lambda a1, g_z2: a1.T @ g_z2,
        "a1": lambda g_z2, W2: g_z2 @ W2.T,
        "z1": lambda g_a1, a1: g_a1 * (1 - a1**2),
        "W1": lambda x, g_z1: x.T @ g_z1,
    }
)

# %% [markdown]
# The sums on the left are sums over ways, and the tape can take them apart. From $a^{(1)}_{11}$, in
# Python's counting `a1[0, 0]`, the ways lead through the three units of the next layer:

# %%
tape.paths("a1").at((0, 0)).through("z2")

# %% [markdown]
# And from $W^{(1)}_{11}$ through the three examples:

# %%
tape.paths("W1").at((0, 0)).through("z1")

# %% [markdown]
# ## What the tape would have written
#
# `tape.derive` does the whole derivation itself, from the rule of each operation that was run. Its
# last line is B7, from $\mu - y$ down to the first layer, in one formula. (A bar over a symbol, or
# `g_` before it in plain text, is our $\delta$.)

# %%
tape.derive("W1")

# %% [markdown]
# ## Any depth, any $f$
#
# B7 as a program that knows nothing of the tape. It is what we derived, for a list of matrices.


# %%
def derived(x, y, W, f, slope):
    z, a = [None], [x]
    for layer in range(1, len(W)):
        z.append(a[-1] @ W[layer])
        a.append(f(z[-1]))
    e = np.exp(a[-1])

    delta, found = e / e.sum(axis=1, keepdims=True) - y, {}
    for layer in range(len(W) - 1, 0, -1):
        found[f"a[{layer}]"] = delta
        found[f"z[{layer}]"] = delta = delta * slope(z[layer])
        found[f"W[{layer}]"] = a[layer - 1].T @ delta
        delta = delta @ W[layer].T
    return found


# %% [markdown]
# And six layers on the tape, with three choices of $f$. Each time that makes 18 gradients: those of
# every $a^{(l)}$, $z^{(l)}$ and $W^{(l)}$.

# %%
choices = {
    "tanh   ": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "ReLU   ": (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
}
sizes = [2, 5, 4, 6, 4, 5, 3]
random = np.random.default_rng(0)
arrays = [None, *(random.normal(size=pair) for pair in pairwise(sizes))]

for name, (f, slope) in choices.items():
    W = [None, *(ag.tensor(array, requires_grad=True) for array in arrays[1:])]
    with ag.Tape() as deep:
        z, a = [None], [x]
        for layer in range(1, len(W)):
            z.append(a[-1] @ W[layer])
            a.append(f(z[-1]))
        loss = -np.sum(np.log(ag.softmax(a[-1])) * y)
    report = deep.check(derived(x, y, arrays, f, slope))
    print(name, sum(verdict.ok for verdict in report), "of", len(report), "are equal")

# %% [markdown]
# ## Step by step
#
# The two layers once more, one operation at a time: what comes in, the rule, what it hands on. In a
# notebook that you have not run yourself you see the steps as a table; run the cell to click
# through them.

# %%
tape.step()

# %% [markdown]
# ## For you
#
# 1. Make the loss a mean over the examples, and run the check of B7 again. Where does the factor
#    belong? Where does the check say that it is missing, and why not everywhere?
# 2. Leave out the last $f$, so that softmax works on $z^{(L)}$, as most networks do today. What is
#    $\delta z^{(L)}$ now?
# 3. The layers of this derivation have no bias. Give them one, $z = xW + b$: what is
#    $\partial\ell/\partial b$, when every example uses the same $b$? The first answer that comes to
#    mind is missing something:

# %%
task = ag.exercise("linear")
task

# %%
task.grade(g_b=lambda g: g)

# %% [markdown]
# The last layer alone, number by number and path by path:
# [softmax and cross-entropy, worked by hand](06_softmax_by_hand.ipynb).
