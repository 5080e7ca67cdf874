# %% [markdown]
# # When gradients go wrong
#
# A program with a wrong gradient seldom stops. It trains a little worse, or turns to `nan` on the
# third day, and nothing says where. This notebook walks through the ways in which that happens,
# and shows where to look: on the tape, which has seen all of it.

# %%
from textwrap import fill

import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## `nan`, out of nothing
#
# Here are four points on a line. We ask how far each is from a centre, and how the mean distance
# changes when the centre moves. One of the points happens to be the centre.

# %%
points = np.array([0.0, 1.0, 2.0, 5.0])
centre = ag.tensor(1.0, requires_grad=True)


def mean_distance(centre):
    away = (points - centre) ** 2
    return np.mean(np.sqrt(away))


with np.errstate(all="ignore"):  # or NumPy would warn, which is a first hint
    loss = mean_distance(centre)
    loss.backward()
print("the loss is", loss.item(), "and its gradient", centre.grad.item())

# %% [markdown]
# The loss is as healthy as can be. The gradient is not. Run it once more under
# `ag.detect_anomaly`, which stops at the first thing that went wrong, and says why:

# %%
try:
    with ag.detect_anomaly():
        mean_distance(centre).backward()
except ag.AnomalyError as error:
    for line in str(error).splitlines():
        print(fill(line, 90, subsequent_indent=11 * " "))

# %% [markdown]
# The slope of `sqrt` at 0 is infinite, and the slope of the square before it is 0. Their product is
# `nan`. On a line, a distance is `np.abs` (and in more dimensions `np.linalg.norm`). At 0, where
# they have no slope, these give 0, which lies between the slopes on both sides:

# %%
centre.grad = None
loss = np.mean(np.abs(points - centre))
loss.backward()
print(centre.grad.item())

# %% [markdown]
# ## A column meets a row
#
# A slip that many have paid dearly for. A model gives its predictions as a column, `(5, 1)`, and
# the targets are an array of shape `(5,)`.

# %%
inputs = np.arange(5.0)[:, None]
targets = np.array([1.0, 3.0, 5.0, 7.0, 9.0])  # 2x + 1, exactly

slope = ag.tensor([[2.0]], requires_grad=True)
with ag.Tape() as tape:
    predictions = inputs @ slope + 1  # right in every point
    loss = np.mean((predictions - targets) ** 2)
    loss.backward()
print("a perfect prediction, and a loss of", loss.item(), "with the gradient", slope.grad.item())

# %% [markdown]
# NumPy subtracted each target from each prediction, 25 numbers, and averaged these. Nothing is
# wrong with that, except that nobody meant it. The tape knows each value that was stretched:

# %%
tape.broadcasts()

# %%
slope.grad = None
loss = np.mean((predictions[:, 0] - targets) ** 2)
loss.backward()
print("loss", loss.item(), "   gradient", slope.grad.item())

# %% [markdown]
# ## It adds up
#
# `backward()` adds to `.grad`; it does not replace it. That is right where one parameter is used
# in several losses, and a surprise in a loop.

# %%
w = ag.tensor(3.0, requires_grad=True)
for _ in range(3):
    (w * w).backward()
    print(w.grad.item())

# %% [markdown]
# So, `w.grad = None` before the next one (an optimizer's `zero_grad()` does that). Or ask for what
# you want to know, which leaves `.grad` alone:

# %%
(g,) = ag.gradients(w * w, w)
print(g.item())

# %% [markdown]
# ## What changed in the meantime
#
# The backward pass needs some values of the forward pass. If one of them is overwritten in between,
# the gradient would be that of some other computation. The engine refuses, and names it:

# %%
loss = np.exp(w) * w
w.data += 1
try:
    loss.backward()
except ag.GradientError as error:
    print(fill(str(error), 90))

# %% [markdown]
# A second `backward()` through the same computation is refused, too. The first one let go of what
# it had used, to free the memory:

# %%
loss = np.exp(w) * w
loss.backward()
try:
    loss.backward()
except ag.GradientError as error:
    print(fill(str(error), 90))

# %% [markdown]
# ## A gradient that gets lost
#
# On the way from a parameter to the loss, a value has to stay a Tensor. Taking it out, as a number
# or as a plain array, cuts the way. Where this happens by accident, it is refused:

# %%
try:
    np.array([w * 2, w * 3])
except Exception as error:
    print(fill(str(error.__cause__ or error), 90))

# %% [markdown]
# Where it is meant, one says so, with `.detach()`. The picture shows that the way ends there:
# `size` is an input like any other, and nothing comes back to `w` through it.

# %%
w.grad = None
with ag.Tape() as tape:
    size = abs(w).detach()
    loss = w**2 / size
    loss.backward()
print("the gradient of w²/|w|, with |w| held:", w.grad.item())
tape.draw()

# %% [markdown]
# ## It vanishes, or it explodes
#
# Fifty layers, one after the other. On its way back, the gradient is multiplied by a matrix fifty
# times. If that shrinks it a little each time, next to nothing is left at the first layer; if it
# stretches it a little each time, it becomes enormous. The tape has the gradient of every value on
# the way:


# %%
def fifty_layers(scale):
    random = np.random.default_rng(0)
    W = [random.normal(size=(32, 32)) * scale / np.sqrt(32) for _ in range(50)]
    x = ag.tensor(random.normal(size=(8, 32)) / 10, requires_grad=True)
    with ag.Tape() as tape:
        h = x
        for layer in W:
            h = np.tanh(h @ layer)
        loss = np.sum(h)
        loss.backward()
    return [np.linalg.norm(entry.cotangent) for entry in tape.filter(op="tanh")]


layers = [0, 9, 19, 29, 39, 49]
print("after layer   ", *(f"{k + 1:9}" for k in layers))
for scale in 0.7, 1.05, 3.0:
    sizes = fifty_layers(scale)
    print(f"scale {scale:4}    ", *(f"{sizes[k]:9.1e}" for k in layers))

# %% [markdown]
# Read each line from right to left, as the gradient travels. The scale is the only difference, and
# this is why networks begin with weights of a size that is chosen so carefully.
#
# ## And if the rule itself is wrong?
#
# `ag.gradcheck` finds it out: it nudges the inputs a little, and compares how the result moves with
# what the gradient says. It is the first thing to do with [a primitive of your
# own](10_your_own_primitive.ipynb), and cheap enough to do with everything else.

# %%
ag.gradcheck(lambda x: np.sum(np.tanh(x) * x), [np.array([0.5, -1.0, 2.0])])
