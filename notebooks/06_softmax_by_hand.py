# %% [markdown]
# # Softmax and cross-entropy, worked by hand
#
# A derivation on one page: the last layer of a classifier, with three inputs and two outputs. It
# goes from the chain rule to $\partial L/\partial z_i = \hat y_i - y_i$, from there to the weights,
# and ends with one weight and one bias, whose paths to the loss it marks in a picture.
#
# Here we follow it line by line. Beside each formula stands what the tape computed from the
# forward pass alone, and `tape.check` says whether the two agree. (One reason that the derivation
# gives does not hold, and the tape shows it.) The marked pictures draw themselves, and each path in
# them comes with its share of the gradient.

# %%
import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## The chain rule
#
# If $p$ depends on $x$ through $z_1$ and through $z_2$, both paths count:
#
# $$\frac{\partial p}{\partial x} = \frac{\partial p}{\partial z_1}\frac{\partial z_1}{\partial x}
#   + \frac{\partial p}{\partial z_2}\frac{\partial z_2}{\partial x}$$
#
# A product $h(x) = f(x)\,g(x)$ is the smallest example. There are two paths from $x$ to $h$; with
# $f = x^2$ and $g = x^3$ at $x = 2$, the one through $f$ brings $2x \cdot g = 32$ and the one
# through $g$ brings $3x^2 \cdot f = 48$.

# %%
x = ag.tensor(2.0, requires_grad=True)
with ag.Tape() as product:
    f = x**2
    g = x**3
    h = f * g
product.paths(x)

# %% [markdown]
# That is the product rule, and all of backpropagation: *multiply along a path, add over the paths.*
#
# ## The layer
#
# $$z_k = \sum_i w_{ik}\, a_i + b_k, \qquad
#   \hat y_i = \frac{e^{z_i}}{\sum_k e^{z_k}}, \qquad
#   L = -\sum_i y_i \log \hat y_i$$
#
# $w_{pq}$ leads from unit $p$ of the layer before to output $q$. The target is a distribution, here
# $(0.2,\ 0.8)$; with a one-hot target, one of the two terms that we are going to follow would be
# multiplied by 0.

# %%
a = np.array([1.0, 2.0, -1.0])
y = np.array([0.2, 0.8])
W = ag.tensor([[0.1, 0.4], [0.2, -0.3], [0.5, 0.6]], requires_grad=True)
b = ag.tensor([0.1, -0.2], requires_grad=True)

with ag.Tape() as tape:
    z = a @ W + b
    y_hat = ag.softmax(z)
    L = -np.sum(y * np.log(y_hat))
    L.backward()

print("z    ", z.numpy())
print("ŷ    ", y_hat.numpy())
print("L    ", round(L.item(), 4))

# %%
tape.draw()

# %% [markdown]
# Values are left in each box, gradients right: orange is above 0, blue below. The frame is what
# `ag.softmax` does inside. (It subtracts the largest $z$ first, so that no exponential overflows.
# That changes neither the result nor the gradient.)
#
# ## From the loss to $\hat y$, and through softmax
#
# $$\frac{\partial L}{\partial \hat y_k} = -\frac{y_k}{\hat y_k}, \qquad
#   \frac{\partial \hat y_k}{\partial z_i} = \hat y_k\,(\delta_{ki} - \hat y_i)$$
#
# The second one is a matrix. As a formula, and from the engine, which differentiates each output of
# softmax on its own:

# %%
p = y_hat.numpy()
by_hand = p[:, None] * (np.eye(2) - p)
by_engine = ag.jacobian(ag.softmax)(z).numpy()
print(by_hand, by_engine, sep="\n\n")

# %% [markdown]
# Put together, the sum over $k$ collapses:
#
# $$\begin{aligned}
# \frac{\partial L}{\partial z_i}
#   &= -\sum_k \frac{y_k}{\hat y_k}\; \hat y_k(\delta_{ki} - \hat y_i) \\
#   &= -y_i (1 - \hat y_i) + \sum_{k \ne i} y_k\, \hat y_i \\
#   &= -y_i + \hat y_i \Bigl(y_i + \sum_{k \ne i} y_k\Bigr) \\
#   &= \hat y_i - y_i
# \end{aligned}$$
#
# To the check, a formula is a function. Its parameters say which values it is made of: `y_hat` is
# that on the tape, and `g_y_hat` the gradient that the tape found for it. First where we begin,
# and then three of the lines above:

# %%
tape.check({"y_hat": lambda y, y_hat: -y / y_hat})

# %%
lines = {
    "first line": lambda g_y_hat: g_y_hat @ by_hand,
    "third line": lambda y, y_hat: -y + y_hat * y.sum(),
    "last line ": lambda y, y_hat: y_hat - y,
}
for line, formula in lines.items():
    print(line, "  ", tape.check({"z": formula})["z"])

# %% [markdown]
# ## A reason that does not hold
#
# The last step needs $\sum_k y_k = 1$. The derivation says that this is so because the outputs of
# softmax sum to 1. They do, but they are the $\hat y_k$; the sum here is over the *targets*. It is
# 1 because we chose a target that is a distribution. Let us choose another one, $(0.2,\ 1.8)$, and
# ask again:

# %%
t = np.array([0.2, 1.8])
with ag.Tape() as heavy:
    z = a @ W + b
    y_hat = ag.softmax(z)
    L = -np.sum(t * np.log(y_hat))

heavy.check({"z": lambda y_hat, t: y_hat - t})

# %% [markdown]
# It looks for a slip that would give exactly these numbers, and offers two that are the same thing:
# the targets sum to 2, so $\hat y$ belongs there twice. The line before the last is right for any
# target, because it has not used that sum yet:

# %%
heavy.check({"z": lambda y_hat, t: -t + y_hat * t.sum()})

# %% [markdown]
# ## The weights
#
# $$\frac{\partial z_k}{\partial w_{pq}} = \delta_{kq}\, a_p
#   \quad\Longrightarrow\quad
#   \frac{\partial L}{\partial w_{pq}} = \sum_k (\hat y_k - y_k)\,\delta_{kq}\, a_p
#   = a_p(\hat y_q - y_q), \qquad
#   \frac{\partial L}{\partial b_q} = \hat y_q - y_q$$
#
# For all $p$ and $q$ at once, that is an outer product.

# %%
tape.check(
    {
        "z": lambda y_hat, y: y_hat - y,
        "W": lambda a, y_hat, y: np.outer(a, y_hat - y),
        "b": lambda y_hat, y: y_hat - y,
    }
)

# %% [markdown]
# Nobody wrote these down in the engine. It knows how to differentiate a product, an exponential, a
# quotient and a logarithm, and this is how it goes from one to the next. A bar over a symbol, or
# `g_` before it in plain text, is the derivative of $L$ by it. $v_4$ is a value without a name of
# its own, here the sum in softmax; $c_3$ is the constant that softmax subtracts. At the end, the
# result of the derivation is recognised.

# %%
tape.derive("W")

# %% [markdown]
# ## The double sum
#
# The derivation then writes the same thing without using what softmax and cross-entropy do to each
# other. It holds for any output function and any loss:
#
# $$\frac{\partial L}{\partial w_{pq}} = \sum_i \left[
#   \frac{\partial L}{\partial \hat y_i}
#   \left(\sum_k \frac{\partial \hat y_i}{\partial z_k}
#   \frac{\partial z_k}{\partial w_{pq}}\right)\right]$$
#
# Take $w_{21}$ (in Python's counting, `W[1, 0]`). Here are its four terms, $i$ downwards and $k$ to
# the right. Those with $k = 2$ vanish: $w_{21}$ leads to $z_1$ only.

# %%
loss_by_y = tape["y_hat"].cotangent
y_by_z = by_engine
z_by_w = ag.jacobian(lambda W: a @ W + b.numpy())(W.numpy())[:, 1, 0]

print(0 + loss_by_y[:, None] * y_by_z * z_by_w)  # (0 + x: no zero with a minus)

# %% [markdown]
# The tape finds the two that are left, too: they belong to the two elements of $\hat y$.

# %%
tape.paths("W").at((1, 0)).through("y_hat")

# %% [markdown]
# ## The same layer, unit by unit
#
# The derivation now goes through it once more, with every number by itself:
#
# $$\begin{aligned}
# z_1 &= w_{11}a_1 + w_{21}a_2 + w_{31}a_3 + b_1 \\
# z_2 &= w_{12}a_1 + w_{22}a_2 + w_{32}a_3 + b_2
# \end{aligned} \qquad
# \hat y_1 = \frac{e^{z_1}}{e^{z_1} + e^{z_2}}, \quad
# \hat y_2 = \frac{e^{z_2}}{e^{z_1} + e^{z_2}}$$
#
# $$L = -y_1 \log \hat y_1 - y_2 \log \hat y_2$$

# %%
a_1, a_2, a_3 = map(np.array, a)
y_1, y_2 = map(np.array, y)
(w_11, w_12), (w_21, w_22), (w_31, w_32) = [
    [ag.tensor(w, requires_grad=True) for w in row] for row in W.numpy()
]
b_1, b_2 = [ag.tensor(value, requires_grad=True) for value in b.numpy()]

with ag.Tape() as units:
    z_1 = w_11 * a_1 + w_21 * a_2 + w_31 * a_3 + b_1
    z_2 = w_12 * a_1 + w_22 * a_2 + w_32 * a_3 + b_2
    e_1, e_2 = np.exp(z_1), np.exp(z_2)
    S = e_1 + e_2
    y_hat_1 = e_1 / S
    y_hat_2 = e_2 / S
    L = -(y_1 * np.log(y_hat_1) + y_2 * np.log(y_hat_2))
    L.backward()

# %% [markdown]
# Which paths lead from $w_{21}$ to $L$? In the picture of the derivation they are marked by hand.
# The tape knows them:

# %%
paths = units.paths(w_21)
units.draw(highlight=paths)

# %% [markdown]
# What has no part in it is pale, $w_{22}$ and $z_2$ for example. And these are the paths, with what
# each of them brings back:

# %%
paths

# %% [markdown]
# Three paths, where the derivation has two terms. It treats softmax as one step, with
#
# $$\frac{\partial \hat y_1}{\partial z_1} = \hat y_1(1 - \hat y_1) = \hat y_1 - \hat y_1^2,
#   \qquad \frac{\partial \hat y_2}{\partial z_1} = -\hat y_1 \hat y_2,$$
#
# and the tape sees inside: $z_1$ raises $\hat y_1$ through the numerator and lowers it through the
# sum $S$ below. These are the two parts of $\hat y_1 - \hat y_1^2$. Taken together, they are the
# first term of
#
# $$\frac{\partial L}{\partial w_{21}}
#   = \frac{-y_1}{\hat y_1}\bigl[\hat y_1(1 - \hat y_1)\bigr] a_2
#   + \frac{-y_2}{\hat y_2}\bigl(-\hat y_2 \hat y_1\bigr) a_2$$

# %%
for unit in y_hat_1, y_hat_2:
    print(*paths.through(unit))

p_1, p_2 = y_hat_1.item(), y_hat_2.item()
first = -y_1 / p_1 * (p_1 * (1 - p_1)) * a_2
second = -y_2 / p_2 * (-p_2 * p_1) * a_2
print(f"{first:.4f}  the first term\n {second:.4f}  the second")

# %% [markdown]
# For $b_1$, only the first step differs. Instead of $\partial z_1/\partial w_{21} = a_2$ there is
# $\partial z_1/\partial b_1 = 1$:

# %%
units.draw(highlight=units.paths(b_1))

# %%
units.paths(b_1)

# %% [markdown]
# Now everything that the derivation found, in one go:

# %%
units.check(
    {
        "y_hat_1": lambda y_1, y_hat_1: -y_1 / y_hat_1,
        "y_hat_2": lambda y_2, y_hat_2: -y_2 / y_hat_2,
        "z_1": lambda y_hat_1, y_1: y_hat_1 - y_1,
        "w_21": lambda a_2, y_hat_1, y_1: a_2 * (y_hat_1 - y_1),
        "b_1": lambda y_hat_1, y_1: y_hat_1 - y_1,
    }
)

# %% [markdown]
# ## A path forgotten
#
# The slip that the marked picture is there to prevent: $w_{21}$ belongs to the first output, so one
# takes the path through $\hat y_1$ and stops.
#
# $$\frac{\partial L}{\partial z_1} \overset{?}{=}
#   \frac{-y_1}{\hat y_1}\; \hat y_1(1 - \hat y_1) = -y_1(1 - \hat y_1)$$

# %%
units.check(
    {
        "y_hat_1": lambda y_1, y_hat_1: -y_1 / y_hat_1,
        "z_1": lambda y_1, y_hat_1: -y_1 * (1 - y_hat_1),
        "w_21": lambda a_2, y_1, y_hat_1: -y_1 * (1 - y_hat_1) * a_2,
    }
)

# %% [markdown]
# ## Step by step
#
# The backward pass of the layer, one operation at a time. Watch `e_1`, where two
# contributions meet, and `S`, which collects from both outputs. In a notebook that you have not run
# yourself you see the steps as a table; run the cell to click through them. (The box "depth-first,
# eager" plays a pass that does not wait until all contributions have arrived;
# [here](04_several_paths.ipynb) is what becomes of it.)

# %%
units.step()

# %% [markdown]
# ## For you
#
# 1. Which paths lead from $w_{32}$ to $L$? Write down the terms, then ask `units.paths(w_32)`.
# 2. Make the target one-hot, `y = np.array([0.0, 1.0])`, and run everything again. One of the two
#    terms is 0 now. Which one, and why is $\hat y_1 - y_1$ still not 0?
# 3. Derive softmax by itself, for any loss behind it. Now $z$ is its *output* and $x$ what goes in:
#    given $g_k = \partial L/\partial z_k$, what is $\partial L/\partial x_i$? Here is a place to
#    try, for a batch of rows. The answer below treats softmax like a sigmoid:

# %%
task = ag.exercise("softmax")
task

# %%
task.grade(g_x=lambda g, z: g * z * (1 - z))

# %% [markdown]
# (`task.hint()` helps a step at a time.) The layers below this one, and a whole batch of examples:
# [softmax and cross-entropy behind a network](02_softmax_cross_entropy_mlp.ipynb).
