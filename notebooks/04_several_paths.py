# %% [markdown]
# # The chain rule over several paths
#
# A derivation of backpropagation that starts from gradient descent, needs the chain rule where a
# value reaches the result along *two* paths, and finds the gradient of a small network with one
# pass forward and one pass back. Here every path becomes visible, with what it contributes.
#
# At the end comes a mistake that looks like the same method and is not.

# %%
import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## Gradient descent
#
# All parameters together are $\theta = \{w_1, w_2, \dots, b_1, b_2, \dots\}$, and the loss
# $L(\theta)$ has a slope along each of them. Go a little way down, look again, and so on:
#
# $$\theta^1 = \theta^0 - \eta\, \nabla L(\theta^0), \qquad
#   \theta^0 \longrightarrow \theta^1 \longrightarrow \theta^2 \longrightarrow \cdots$$
#
# (The document says to compute $\nabla L(\theta^0)$, and then has $\nabla L(\theta^1)$ on the
# right. That slope is at the place where we have not arrived yet.)
#
# A line $wx + b$ through three points, then. They lie on $2x + 1$.

# %%
x = np.array([-1.0, 1.0, 2.0])
y = np.array([-1.0, 3.0, 5.0])


def loss(theta):
    w, b = theta
    return np.sum((w * x + b - y) ** 2)


slope = ag.grad(loss)
theta, eta = np.zeros(2), 0.1
for step in range(5):
    print(f"θ{step} = {theta}   L = {loss(theta):8.4f}   ∇L = {slope(theta)}")
    theta = theta - eta * slope(theta)

# %% [markdown]
# Each step goes too far (0.1 is a large $\eta$ here) and comes out nearer than the one before. In
# the long run, it gets there:

# %%
for _ in range(100):
    theta = theta - eta * slope(theta)
theta

# %% [markdown]
# So all that one needs is $\nabla L$, and the question is how to get it *efficiently* when there
# are millions of parameters.
#
# ## One path
#
# $y = g(x)$ and $z = h(y)$. A change of $x$ changes $y$, which changes $z$:
#
# $$\Delta x \to \Delta y \to \Delta z, \qquad \frac{dz}{dx} = \frac{dz}{dy}\frac{dy}{dx}$$
#
# With $y = x^2$ and $z = y^3$, at $x = 2$, that is $3y^2 \cdot 2x = 48 \cdot 4$.

# %%
x = ag.tensor(2.0, requires_grad=True)
with ag.Tape() as one:
    y = x**2
    z = y**3

one.check({"y": lambda y: 3 * y**2, "x": lambda g_y, x: g_y * 2 * x})

# %%
one.paths(x)

# %% [markdown]
# ## Two paths
#
# $x = g(s)$ and $y = h(s)$, and both go into $z = k(x, y)$. A change of $s$ arrives twice:
#
# $$\frac{dz}{ds} = \frac{\partial z}{\partial x}\frac{dx}{ds}
#   + \frac{\partial z}{\partial y}\frac{dy}{ds}$$
#
# With $x = s^2$, $y = 3s$ and $z = xy$, at $s = 2$:

# %%
s = ag.tensor(2.0, requires_grad=True)
with ag.Tape() as two:
    x = s**2
    y = 3 * s
    z = x * y
    z.backward()

two.draw()

# %%
two.paths(s)

# %% [markdown]
# Multiply along a path, add over the paths: $y \cdot 2s = 6 \cdot 4$ and $x \cdot 3 = 4 \cdot 3$.
# ($z$ is $3s^3$, whose derivative $9s^2$ is 36.)
#
# The document writes $dz/dx$ on the left and $dy/dx$ at the end. Neither can be meant: $s$ is what
# moves, and $y$ does not depend on $x$ at all. Whoever takes $dy/dx$ at its word puts 0 there, and
# loses the second path:

# %%
two.check({"s": lambda s, y: y * 2 * s + 0})

# %% [markdown]
# (Both hold. What is there is $\frac23$ of the gradient, because a path is missing.)
#
# On the tape the sum is formed where the paths part, at $s$. The first contribution is put there,
# the second one is added:

# %%
print(two.step())

# %% [markdown]
# ## A loss of many examples
#
# The loss is a sum over the examples, and so is its gradient:
#
# $$L(\theta) = \sum_{n=1}^N C^n(\theta) \quad\Longrightarrow\quad
#   \frac{\partial L}{\partial w} = \sum_{n=1}^N \frac{\partial C^n}{\partial w}$$
#
# (One $\partial$ is missing in the document's numerator.) This is the rule for several paths once
# more. $w$ is used in each example, so there is a way through each $C^n$. Our line again, at
# $w = b = 0$, where the slopes were $-28$ and $-14$:

# %%
x = np.array([-1.0, 1.0, 2.0])
y = np.array([-1.0, 3.0, 5.0])
w, b = ag.tensor(0.0, requires_grad=True), ag.tensor(0.0, requires_grad=True)
with ag.Tape() as batch:
    C = (w * x + b - y) ** 2
    L = C.sum()

batch.paths(w).through(C)

# %% [markdown]
# Each of them is $\partial C^n / \partial w = 2\,(w x_n + b - y_n)\, x_n$, and for $b$ the same
# without $x_n$:

# %%
batch.check(
    {
        "w": lambda w, x, b, y: sum(2 * (w * x[n] + b - y[n]) * x[n] for n in range(3)),
        "b": lambda w, x, b, y: sum(2 * (w * x[n] + b - y[n]) for n in range(3)),
    }
)

# %% [markdown]
# ## A network
#
# From here on, one example and its cost $C$. A unit takes two inputs, and two units of the next
# layer take its result:
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad a = \sigma(z), \qquad
#   z' = w_3\, a, \quad z'' = w_4\, a, \qquad y_1 = \sigma(z'), \quad y_2 = \sigma(z'')$$
#
# In Python, $z'$ and $z''$ are `z_1` and `z_2`. The derivation leaves the cost open; we take
# $C = (y_1 - t_1)^2 + (y_2 - t_2)^2$.

# %%
sigma = ag.sigmoid
x_1, x_2 = np.array(1.0), np.array(-1.0)
t_1, t_2 = np.array(1.0), np.array(0.0)
w_1, w_2, w_3, w_4, b = (ag.tensor(w, requires_grad=True) for w in (0.5, -0.3, 1.5, -2.0, 0.1))

with ag.Tape() as net:
    z = w_1 * x_1 + w_2 * x_2 + b
    a = sigma(z)
    z_1, z_2 = w_3 * a, w_4 * a
    y_1, y_2 = sigma(z_1), sigma(z_2)
    C = (y_1 - t_1) ** 2 + (y_2 - t_2) ** 2
    C.backward()

net.draw()

# %% [markdown]
# The gradient with respect to a weight has two factors, and they are found at different times:
#
# $$\frac{\partial C}{\partial w} = \frac{\partial z}{\partial w}\,\frac{\partial C}{\partial z}$$
#
# **Forward pass.** $\partial z / \partial w$ is what the weight was multiplied by: $x_1$ for $w_1$,
# $x_2$ for $w_2$, $a$ for $w_3$ and $w_4$. All of it is known once the network has run:

# %%
for entry in net.filter("multiply"):
    weight, times = entry.inputs
    print(f"{weight.label} was multiplied by {times.label} = {times.value:.4f}")

# %% [markdown]
# **Backward pass.** $\partial C/\partial z$ has to be found from the end.
#
# *Output layer.* One factor is the derivative of the cost, the other that of the activation:
#
# $$\frac{\partial C}{\partial z'}
#   = \frac{\partial C}{\partial y_1}\,\frac{\partial y_1}{\partial z'}
#   = 2\,(y_1 - t_1)\;\sigma'(z')$$
#
# *Not the output layer.* $a$ goes into $z'$ and into $z''$, so that two paths come back together:
#
# $$\frac{\partial C}{\partial a} = \frac{\partial C}{\partial z'}\frac{\partial z'}{\partial a}
#   + \frac{\partial C}{\partial z''}\frac{\partial z''}{\partial a}
#   = w_3 \frac{\partial C}{\partial z'} + w_4 \frac{\partial C}{\partial z''}$$

# %%
net.paths(a)

# %% [markdown]
# Behind $a$ is $\sigma$, with one path and one factor. Put together:
#
# $$\frac{\partial C}{\partial z} = \sigma'(z)\left[ w_3 \frac{\partial C}{\partial z'}
#   + w_4 \frac{\partial C}{\partial z''} \right]$$
#
# (On the left the document has $\partial C / z$, and in one place $\partial\sigma'(z)$ for
# $\sigma'(z)$.) It looks like the network itself, run from right to left: $w_3$ and $w_4$ weigh two
# incoming numbers, which are added up, and then comes a factor that belongs to the unit. And if
# $z'$ and $z''$ are not in the output layer either, the same formula finds *their* gradients from
# the layer behind them, and so on from the end.
#
# Now all of it. `g_z_1` is $\partial C / \partial z'$ as the tape found it:


# %%
def slope(z):
    return sigma(z) * (1 - sigma(z))


net.check(
    {
        "y_1": lambda y_1, t_1: 2 * (y_1 - t_1),
        "y_2": lambda y_2, t_2: 2 * (y_2 - t_2),
        "z_1": lambda g_y_1, z_1: g_y_1 * slope(z_1),
        "z_2": lambda g_y_2, z_2: g_y_2 * slope(z_2),
        "z": lambda z, w_3, w_4, g_z_1, g_z_2: slope(z) * (w_3 * g_z_1 + w_4 * g_z_2),
        "w_1": lambda x_1, g_z: x_1 * g_z,
        "w_2": lambda x_2, g_z: x_2 * g_z,
        "w_3": lambda a, g_z_1: a * g_z_1,
        "w_4": lambda a, g_z_2: a * g_z_2,
        "b": lambda g_z: g_z,
    }
)

# %% [markdown]
# ## Before or after?
#
# A remark in the document says that $z$ is what comes *out* of the activation. Everything else in
# it needs $z$ to be what goes *in*: $\sigma(z)$ is formed after it, and $\partial z/\partial w = x$
# holds only there. If you follow the remark, you take $\sigma'$ at the wrong place:

# %%
net.check({"z": lambda a, g_a: slope(a) * g_a})

# %% [markdown]
# ## From the end to the first weight
#
# The tape writes the derivation down, too. A bar over a symbol, or `g_` before it in plain text, is
# the derivative of $C$ with respect to it.

# %%
net.derive("w_1")

# %% [markdown]
# And it runs. In a notebook that you have not run yourself this is a table of the steps; run the
# cell to click through them: first the forward pass, in which the numbers appear, then the backward
# pass, in which the gradients do. Stop at `a`, where $w_3\,\partial C/\partial z'$ and
# $w_4\,\partial C/\partial z''$ meet.

# %%
net.step()

# %% [markdown]
# ## In which order?
#
# When the first contribution arrives at $a$, why not go on at once, to $z$ and $w_1$? As a program
# this is a short recursion: add what has come to the gradient, and if the value has not been
# visited yet, visit it. The stepper can run it on our tape (in the page above, tick "depth-first,
# eager"):

# %%
eager = net.step(order="eager")
for value, (wrong, right) in eager.wrong.items():
    print(f"∂C/∂{value.label:3}  eager {wrong:8.5f}   right {right:8.5f}")

# %% [markdown]
# No error, and plausible numbers. Here is the moment when it happens:

# %%
for step in eager:
    if step.late:
        print(step)

# %% [markdown]
# $a$ had already passed on what came through $z'$ alone: the eager gradient of $w_1$ is the
# contribution of *one* path.

# %%
net.paths(w_1)

# %% [markdown]
# Order repairs it: an operation waits until everything that uses its result has contributed. The
# tape was written in the order of the forward pass, so that reading it backwards does just that.
#
# One could also go down every path by itself, and add at the end. It would be right. But the paths
# multiply where the operations add up. Two units in each layer, each of which takes both units of
# the layer before:

# %%
rng = np.random.default_rng(0)
for layers in 2, 5, 20:
    first = ag.tensor(0.5, requires_grad=True)
    with ag.Tape() as deep:
        units = [first, first]
        for _ in range(layers):
            p, q = units
            units = [sigma(u * p + v * q) for u, v in rng.normal(size=(2, 2))]
        cost = units[0] + units[1]
    ways = deep.paths(first, limit=0)
    print(f"{layers:2} layers: {len(deep.step()):3} steps back, {ways.count:9,} paths")

# %% [markdown]
# "Compute the gradients efficiently" is the purpose that the derivation states in its first line.
# This is how: each $\partial C/\partial z$ is found once, and serves all the paths that go
# through it.
#
# ## For you
#
# 1. Give the network a shortcut, `z_1 = w_3 * a + w_5 * x_1`, and a weight `w_5`. Which gradients
#    change their formula? Which get another path?
# 2. Let $w_3$ and $w_4$ be the same weight (one Tensor, used twice). What is its gradient now?
#    Ask `net.paths`.
# 3. $z = s^2 \sin s$ has two paths as well. This answer follows one of them:


# %%
def f(s):
    return s**2 * np.sin(s)


task = ag.exercise(f, np.array(2.0))
task.grade(g_s=lambda g, s: g * 2 * s * np.sin(s))

# %% [markdown]
# (`task.hint()` helps a step at a time.) The same network with matrices in place of single weights,
# and any number of layers: [the backward operator](03_backward_operator.ipynb).
