# %% [markdown]
# # Layers, a convolution, batch normalisation
#
# A derivation for a whole convolutional network, piece by piece: the rules of a fully connected
# layer, a convolution written as one product of matrices, two losses, and batch normalisation with
# its six backward formulas.
#
# We write down the forward pass of each piece and nothing else. The tape finds the gradients, and
# the formulas of the derivation are held against it. Three of its lines don't hold as they are
# written, and we see how one finds that out.
#
# If you came to check **your own derivation of batch normalisation**, go to [that
# section](#Batch-normalisation); it needs only the imports.

# %%
import numpy as np

import autograd as ag

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## Fully connected layers
#
# Vectors are columns. Layer $l$ computes $z^l = W^l a^{l-1} + b^l$ and $a^l = f(z^l)$; the last
# $a^L$ goes into a loss $C$. The derivation writes $\delta z$ for $\partial C/\partial z$:
#
# | forward | backward |
# |---|---|
# | $C = C(a^L)$ | $\delta a^L = \partial C/\partial a^L$ |
# | $z^{l+1} = W^{l+1} a^l + b^{l+1}$ | $\delta a^l = (W^{l+1})^T\, \delta z^{l+1}$ |
# | $a^l = f(z^l)$ | $\delta z^l = \delta a^l \odot f'(z^l)$ |
# | $z^l = W^l a^{l-1} + b^l$ | $\delta W^l = \delta z^l\, (a^{l-1})^T$ |
# | $z^l = W^l a^{l-1} + b^l$ | $\delta b^l = \delta z^l$ |
#
# Two layers are enough to see every row. $f$ is $\tanh$, so $f' = 1 - f^2$.

# %%
a0 = ag.tensor([[1.0], [-2.0], [0.5]])
target = np.array([[1.0], [0.0]])
W1 = ag.tensor([[0.5, 0.2, -0.4], [0.3, -0.1, 0.6]], requires_grad=True)
b1 = ag.tensor([[0.1], [-0.3]], requires_grad=True)
W2 = ag.tensor([[0.7, -0.5], [0.4, 0.8]], requires_grad=True)
b2 = ag.tensor([[0.2], [0.0]], requires_grad=True)

with ag.Tape() as layers:
    z1 = W1 @ a0 + b1
    a1 = np.tanh(z1)
    z2 = W2 @ a1 + b2
    a2 = np.tanh(z2)
    C = np.sum((a2 - target) ** 2) / 2
    C.backward()

layers.draw()

# %% [markdown]
# Each box holds its value on the left and its gradient on the right, orange above 0 and blue below.
# ($\|\nabla\|$ is the length of a gradient.)
#
# Now the table, row by row, once for each layer. A formula is a function. Its parameters say what
# it is made of: `a1` is the value of `a1`, and `g_z2` is what the derivation calls $\delta z^2$. So
# each formula is judged by itself, on what the tape found for the step before.

# %%
layers.check(
    {
        "a2": lambda a2, target: a2 - target,
        "z2": lambda g_a2, a2: g_a2 * (1 - a2**2),
        "W2": lambda g_z2, a1: g_z2 @ a1.T,
        "b2": lambda g_z2: g_z2,
        "a1": lambda W2, g_z2: W2.T @ g_z2,
        "z1": lambda g_a1, a1: g_a1 * (1 - a1**2),
        "W1": lambda g_z1, a0: g_z1 @ a0.T,
        "b1": lambda g_z1: g_z1,
    }
)

# %% [markdown]
# The table is right. (Its first row begins with $a^L = C(a^L)$ in the document. It means
# $C = C(a^L)$.) On the way to its last row the derivation has this line:
#
# $$(\delta b^l)_i = \sum_k \frac{\partial C}{\partial z^l_k} \cdot \frac{\partial}{\partial b^l_i}
#   \sum_t \bigl( W^l_{k,t}\, a^{l-1}_t + b^{l-1}_k \bigr)$$
#
# The bias is that of layer $l$, so $b^l_k$; and it stands inside the sum over the inputs. Read like
# this, it is added once *for each input* $t$, and its gradient would be $n\,\delta z^l$ for $n$
# inputs. What is meant is $\sum_t (W^l_{k,t}\, a^{l-1}_t) + b^l_k$, from which the result of the
# line, $(\delta z^l)_i$, does follow. A check of the other reading says so:

# %%
layers.check({"b1": lambda g_z1, a0: len(a0) * g_z1})

# %% [markdown]
# ## A convolution is a product
#
# A filter slides over an image. At each place it is multiplied with what it covers, and the
# products are added up: a scalar product of the filter with a *window* of the image. Lay each
# window down as a row of a matrix $\tilde X$, the filter as a column, and all places are done by
# one product of matrices. Laying down the windows is called `img2col`.
#
# $3 \times 3$ pixels have four windows of $2 \times 2$:

# %%
pixels = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)


def img2col(X, size, stride=1, padding=0):
    w = ag.windows(X, size, stride, padding)
    N, I, FH, FW, H_, W_ = w.shape
    return w.transpose(0, 4, 5, 1, 2, 3).reshape(N * H_ * W_, I * FH * FW)


print(pixels[0, 0], img2col(pixels, (2, 2)), sep="\n\n")

# %% [markdown]
# With $N$ images of $I$ channels and $O$ filters, the derivation goes through these shapes. $H'$
# and $W'$ say in how many places a filter fits.
#
# $$\begin{aligned}
# X \in \mathbb R^{N\times I\times H\times W}
#   &\xrightarrow{\text{img2col}} \tilde X \in \mathbb R^{(N H' W')\times(I\,FH\,FW)} \\
# F \in \mathbb R^{O\times I\times FH\times FW}
#   &\xrightarrow{\text{reshape, T}} \tilde F \in \mathbb R^{(I\,FH\,FW)\times O} \\
# b \in \mathbb R^{O\times 1}
#   &\xrightarrow{\text{T, broadcast}} \tilde B \in \mathbb R^{(N H' W')\times O} \\
# \tilde Y = \tilde X \tilde F + \tilde B \in \mathbb R^{(N H' W')\times O}
#   &\xrightarrow{\text{reshape, transpose}} Y \in \mathbb R^{N\times O\times H'\times W'}
# \end{aligned}$$


# %%
def convolution(X, F, b, stride=1, padding=0):
    N, I, H, W = X.shape
    O, I, FH, FW = F.shape
    H_, W_ = (H + 2 * padding - FH) // stride + 1, (W + 2 * padding - FW) // stride + 1

    X_tilde = img2col(X, (FH, FW), stride, padding)
    F_tilde = F.reshape(O, I * FH * FW).T
    B_tilde = np.broadcast_to(b.T, (N * H_ * W_, O))
    Y_tilde = X_tilde @ F_tilde + B_tilde
    return Y_tilde.reshape(N, H_, W_, O).transpose(0, 3, 1, 2)


# %% [markdown]
# So that no two lengths can be mistaken for each other, let all of them differ: two images of
# three channels and $6 \times 4$ pixels, five filters of $3 \times 2$. Then $H' = 4$, $W' = 3$. The
# loss gives each number of $Y$ a weight of its own, so that $\delta Y$ is any array we like.

# %%
rng = np.random.default_rng(0)
X = ag.tensor(rng.normal(size=(2, 3, 6, 4)), requires_grad=True)
F = ag.tensor(rng.normal(size=(5, 3, 3, 2)), requires_grad=True)
b = ag.tensor(rng.normal(size=(5, 1)), requires_grad=True)
weights = rng.normal(size=(2, 5, 4, 3))

with ag.Tape() as conv:
    Y = convolution(X, F, b)
    C = np.sum(weights * Y)
    C.backward()

for name in "X", "X_tilde", "F", "F_tilde", "b", "B_tilde", "Y_tilde", "Y":
    print(f"{name:8} {conv[name].shape!s:14} and its gradient {conv[name].cotangent.shape}")

# %%
conv.draw()

# %% [markdown]
# Is it a convolution at all? Here is one that nobody can doubt, without matrices: go to each place,
# and multiply what the filter covers. (A mathematician turns the filter around first. Networks
# don't: the filter is learned, and would only be learned the other way round.)


# %%
def places(shape, size, stride=1, padding=0):
    """Of each window, in the order of the rows of X̃: its image, and what it covers."""
    N, _, H, W = shape
    for n in range(N):
        for i in range(0, H + 2 * padding - size[0] + 1, stride):
            for j in range(0, W + 2 * padding - size[1] + 1, stride):
                yield n, slice(None), slice(i, i + size[0]), slice(j, j + size[1])


def direct(X, F, b, stride=1, padding=0):
    border = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(X, border)
    return np.array(
        [
            [np.sum(padded[place] * F[o]) + b[o, 0] for o in range(len(F))]
            for place in places(X.shape, F.shape[2:], stride, padding)
        ]
    )


there = direct(X.numpy(), F.numpy(), b.numpy())
print(f"largest difference from Ỹ: {np.max(np.abs(there - conv['Y_tilde'].value)):.0e}")

# %% [markdown]
# ### The way back
#
# $$\begin{aligned}
# \delta Y &\xrightarrow{\text{transpose, reshape}} \delta\tilde Y &
# \delta\tilde B &= \delta\tilde Y \xrightarrow{\text{sum over axis 0, T}} \delta b \\
# \delta\tilde F &= \tilde X^T\, \delta\tilde Y \xrightarrow{\text{T, reshape}} \delta F &
# \delta\tilde X &= \delta\tilde Y\, \tilde F^T \xrightarrow{\text{col2img}} \delta X
# \end{aligned}$$
#
# The first three are the rules of a layer again. `col2img` is new: each row of $\delta\tilde X$
# goes back to the window that it came from, and where windows overlap, what arrives is added up.


# %%
def col2img(columns, shape, size, stride=1, padding=0):
    N, I, H, W = shape
    padded = np.zeros((N, I, H + 2 * padding, W + 2 * padding))
    for row, place in zip(columns, places(shape, size, stride, padding), strict=True):
        padded[place] += row.reshape(I, *size)
    return padded[:, :, padding : padding + H, padding : padding + W]


back = {
    "Y": lambda weights: weights,
    "Y_tilde": lambda g_Y: g_Y.transpose(0, 2, 3, 1).reshape(-1, g_Y.shape[1]),
    "B_tilde": lambda g_Y_tilde: g_Y_tilde,
    "b": lambda g_B_tilde: g_B_tilde.sum(axis=0, keepdims=True).T,
    "F_tilde": lambda X_tilde, g_Y_tilde: X_tilde.T @ g_Y_tilde,
    "F": lambda g_F_tilde, F: g_F_tilde.T.reshape(F.shape),
    "X_tilde": lambda g_Y_tilde, F_tilde: g_Y_tilde @ F_tilde.T,
    "X": lambda g_X_tilde, X, F: col2img(g_X_tilde, X.shape, F.shape[2:]),
}
conv.check(back)

# %% [markdown]
# Where the derivation sums up, a $\delta$ has slipped in: it says
# $\delta\tilde F = \delta\tilde X^T\, \delta\tilde Y$. The shapes agree, which is why such a slip
# can survive for long. The numbers don't:

# %%
conv.check({"F_tilde": lambda g_X_tilde, g_Y_tilde: g_X_tilde.T @ g_Y_tilde})

# %% [markdown]
# The same formulas with a stride and with padding, where windows no longer cover each pixel equally
# often, and some cover a border of zeros:

# %%
for stride, padding in (2, 0), (1, 1), (2, 1), (3, 2):
    with ag.Tape() as tape:
        Y = convolution(X, F, b, stride, padding)
        weights = rng.normal(size=Y.shape)
        C = np.sum(weights * Y)

    def to_pixels(g_X_tilde, X, F, how=(stride, padding)):
        return col2img(g_X_tilde, X.shape, F.shape[2:], *how)

    there = direct(X.numpy(), F.numpy(), b.numpy(), stride, padding)
    off = np.max(np.abs(there - tape["Y_tilde"].value))
    report = tape.check({**back, "X": to_pixels})
    wrong = sum(not verdict.ok for verdict in report)
    print(
        f"stride {stride}, padding {padding}: Y {Y.shape}, {off:.0e} from the direct one,", end=" "
    )
    print(f"{wrong} of {len(report)} formulas wrong")

# %% [markdown]
# ### Why col2img must be what it is
#
# `img2col` is a linear map, and the rule of a linear map is its transpose. That is a statement
# about scalar products: for every image $x$ and all columns $c$,
#
# $$\langle \text{img2col}(x),\, c\rangle = \langle x,\, \text{col2img}(c)\rangle$$

# %%
x = rng.normal(size=(2, 3, 6, 4))
c = rng.normal(size=conv["X_tilde"].shape)
print(np.sum(img2col(x, (3, 2)) * c))
print(np.sum(x * col2img(c, x.shape, (3, 2))))

# %% [markdown]
# One after the other they multiply each pixel by the number of windows that cover it:

# %%
ones = np.ones((1, 1, 4, 5))
col2img(img2col(ones, (3, 2)), ones.shape, (3, 2))[0, 0]

# %% [markdown]
# ## Two losses
#
# ### A distance
#
# Under the title "MSE" the derivation treats this loss, whose gradient has length 1 wherever $o$
# is, except at $y$:
#
# $$L = \sqrt{\sum_i (y_i - o_i)^2}, \qquad \frac{\partial L}{\partial o} = \frac{1}{L}\,(o - y)$$
#
# The formula is right. But this is the *distance* of $o$ from $y$, and not the mean squared error,
# which has neither the root nor the $L$ below:
#
# $$M = \frac1n \sum_i (y_i - o_i)^2, \qquad \frac{\partial M}{\partial o} = \frac2n\,(o - y)$$

# %%
y = np.array([1.0, 0.0, 2.0])
o = ag.tensor([3.0, 3.0, 8.0], requires_grad=True)

with ag.Tape() as losses:
    L = np.sqrt(np.sum((y - o) ** 2))
    M = np.mean((y - o) ** 2)

losses.draw("L", "M")

# %%
losses.check({"o": lambda o, y, L: (o - y) / L}, output=L)

# %%
losses.check({"o": lambda o, y: 2 / len(o) * (o - y)}, output=M)

# %% [markdown]
# Who takes the one for the other gets the direction right and the length wrong:

# %%
losses.check({"o": lambda o, y, L: (o - y) / L}, output=M)

# %% [markdown]
# ($3/14$, to be exact: the one is $n/(2L)$ times the other.)
#
# What if $o = y$? Then $L = 0$, the formula says $0/0$, and the distance has a kink: no derivative
# exists. The program above, a root of a sum, gets NaN there, with NumPy's warning. To
# `np.linalg.norm`, the same distance as one operation, the engine answers 0. That is the smallest
# of the gradients that one could argue for, and descent stays put where nothing is left to do.
# (It is one of the [conventions](../docs/conventions.md) that the engine keeps everywhere.)

# %%
ag.grad(lambda o: np.linalg.norm(o - y))(y)

# %% [markdown]
# ### Softmax with cross-entropy
#
# $$L = -\sum_i y_i \log \text{softmax}(o)_i + R, \qquad
#   \frac{\partial L}{\partial o} = -y + \text{softmax}(o)\, \sum_j y_j$$
#
# $R$ is a regulariser. It depends on the weights, not on $o$, so it leaves this gradient alone and
# adds its own to that of the weights; let $R = \frac\lambda2 \sum W^2$ with $\lambda = 0.1$. In the
# last line, the derivation writes $\text{softmax}(o) - y$. That is the same if the targets have the
# sum 1. Ours don't:

# %%
a = np.array([1.0, -1.0])
y = np.array([0.5, 1.0, 0.0])
W = ag.tensor([[0.1, 0.2], [0.3, -0.1], [-0.2, 0.4]], requires_grad=True)

with ag.Tape() as entropy:
    o = W @ a
    p = ag.softmax(o)
    R = 0.05 * np.sum(W**2)
    L = -np.sum(y * np.log(p)) + R
    L.backward()

entropy.draw(level="modules")

# %%
entropy.check(
    {
        "p": lambda y, p: -y / p,
        "o": lambda y, p: -y + p * y.sum(),
        "W": lambda g_o, a, W: np.outer(g_o, a) + 0.1 * W,
    }
)

# %%
entropy.check({"o": lambda y, p: p - y})

# %% [markdown]
# What comes through the sum in the denominator of softmax is $2/3$ of what it should be: here
# $\sum_j y_j = 1.5$, and that factor was left out.

# %% [markdown]
# ## Batch normalisation
#
# $m$ examples $x_i$ come in, one in each row. Each column is shifted to mean 0 and scaled to
# variance 1, then scaled and shifted again by $\gamma$ and $\beta$, which are learned:
#
# $$\mu = \frac1m \sum_{i=1}^m x_i, \qquad
#   \sigma^2 = \frac1m \sum_{i=1}^m (x_i - \mu)^2, \qquad
#   \hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad
#   y_i = \hat x_i \odot \gamma + \beta$$
#
# To check a derivation of this, five minutes are enough.
#
# **1. Write the forward pass**, and give a name to each value that you have a formula for. The loss
# may be anything; one that weighs each $y$ differently, like this one, tells most.

# %%
m, eps = 5, 1e-5
x = ag.tensor([[4.0, 9], [0, -3], [3, 0], [6, 3], [2, 1]], requires_grad=True)
gamma = ag.tensor([2.0, 0.5], requires_grad=True)
beta = ag.tensor([0.0, 1.0], requires_grad=True)
weights = np.array([[1.0, -2], [0.5, 3], [-1, 1], [2, 0.5], [-2, 1]])

with ag.Tape() as norm:
    mu = np.mean(x, axis=0)
    var = np.mean((x - mu) ** 2, axis=0)
    std = np.sqrt(var + eps)
    x_hat = (x - mu) / std
    y = x_hat * gamma + beta
    C = np.sum(weights * y)
    C.backward()

norm.draw()

# %% [markdown]
# `x` is used three times: straight for $\hat x$, for $\mu$, and for $\sigma^2$ (`var`). That makes
# the three terms that the last formula is going to have.
#
# **2. Write down what you derived.** Here are the six formulas of the derivation, with $\sum_i$
# over the examples:
#
# $$\begin{aligned}
# \frac{\partial C}{\partial \gamma} &= \sum_i \frac{\partial C}{\partial y_i} \odot \hat x_i
# \qquad\qquad
# \frac{\partial C}{\partial \beta} = \sum_i \frac{\partial C}{\partial y_i}
# \qquad\qquad
# \frac{\partial C}{\partial \hat x_i} = \frac{\partial C}{\partial y_i} \odot \gamma
# \\[0.6em]
# \frac{\partial C}{\partial \sigma^2} &= -\frac{1}{2(\sigma^2 + \epsilon)} \odot
#   \sum_i \frac{\partial C}{\partial \hat x_i} \odot \hat x_i
# \\[0.6em]
# \frac{\partial C}{\partial \mu} &= -\frac{1}{\sqrt{\sigma^2 + \epsilon}} \odot
#   \sum_i \frac{\partial C}{\partial \hat x_i}
#   - \frac{2\sqrt{\sigma^2 + \epsilon}}{m} \odot \frac{\partial C}{\partial \sigma^2} \odot
#   \sum_i \hat x_i
# \\[0.6em]
# \frac{\partial C}{\partial x_i} &= \frac{\partial C}{\partial \hat x_i} \odot
#   \frac{1}{\sqrt{\sigma^2 + \epsilon}}
#   + \frac1m \frac{\partial C}{\partial \mu}
#   + \frac2m \frac{\partial C}{\partial \sigma^2} \odot \hat x_i \odot \sqrt{\sigma^2 + \epsilon}
# \end{aligned}$$
#
# Each becomes one line. In it, `x_hat` is a value of the forward pass and `g_x_hat` the gradient
# with respect to it, as the tape knows them. `std` is $\sqrt{\sigma^2 + \epsilon}$.

# %%
derived = {
    "gamma": lambda g_y, x_hat: (g_y * x_hat).sum(axis=0),
    "beta": lambda g_y: g_y.sum(axis=0),
    "x_hat": lambda g_y, gamma: g_y * gamma,
    "var": lambda g_x_hat, x_hat, std: -(g_x_hat * x_hat).sum(axis=0) / (2 * std**2),
    "mu": lambda g_x_hat, x_hat, std, g_var: (
        -g_x_hat.sum(axis=0) / std - 2 * std / m * g_var * x_hat.sum(axis=0)
    ),
    "x": lambda g_x_hat, x_hat, std, g_mu, g_var: (
        g_x_hat / std + g_mu / m + 2 / m * g_var * x_hat * std
    ),
}

# %% [markdown]
# **3. Ask.**

# %%
norm.check(derived)

# %% [markdown]
# ### And if one is not?
#
# Then the report says which, where to look first, and if it can, what happened. A slip that many
# of us have made: divide by the standard deviation where the variance belongs, in the formula for
# $\sigma^2$. And let us derive the way one does on paper, where each formula takes the *result* of
# the one before, mistakes included:


# %%
def on_paper(weights, x_hat, gamma, std):
    d_x_hat = weights * gamma
    d_var = -(d_x_hat * x_hat).sum(axis=0) / (2 * std)  # here
    d_mu = -d_x_hat.sum(axis=0) / std
    d_x = d_x_hat / std + d_mu / m + 2 / m * d_var * x_hat * std
    return {"x_hat": d_x_hat, "var": d_var, "mu": d_mu, "x": d_x}


norm.check(on_paper(weights, x_hat.numpy(), gamma.numpy(), std.numpy()))

# %% [markdown]
# Two values are wrong, and only one of them is a mistake: $\partial C/\partial x$ is wrong because
# $\partial C/\partial\sigma^2$ is, and would be right without it. (Before it says so, it runs the
# rest of the backward pass with your number.)
#
# The other classic is to forget that $\mu$ and $\sigma^2$ depend on $x$:

# %%
norm.check({"x": lambda g_x_hat, std: g_x_hat / std})

# %% [markdown]
# ### A term that is always 0
#
# The derivation of $\partial C/\partial\mu$ has a second term, with $\sum_i \hat x_i$. That sum is
# 0, because $\hat x$ has mean 0: moving $\mu$ a little does not change $\sigma^2$, which is
# smallest just there. So `on_paper` could leave it out. The tape has no such insight. It goes this
# way, too, and finds that nothing comes along it but rounding:

# %%
norm.paths("mu").at(0)

# %% [markdown]
# ### From the rules
#
# Where does the tape get its gradient from? Not from a formula for batch normalisation; it has
# none. It has one rule for each operation: a mean, a difference, a square, a root, a quotient.
# Read in reverse order they are a derivation, too. (A bar over a symbol, or `g_` before it in plain
# text, is the derivative of $C$ with respect to it.)

# %%
norm.derive("x")

# %% [markdown]
# The lines below *together* are those of the derivation, except that `std` is a step of its own.
# The last line has its three terms.
#
# Put all of it into one formula, and it becomes the one that fast implementations use. It needs
# $\hat x$ and $\sigma$, but neither $x$ nor $\mu$:

# %%
norm.check(
    {
        "x": lambda g_y, gamma, x_hat, std: (
            gamma / (m * std) * (m * g_y - g_y.sum(axis=0) - x_hat * (g_y * x_hat).sum(axis=0))
        )
    }
)

# %% [markdown]
# ### Step by step
#
# The same backward pass, one operation at a time. Watch how the three terms come together at `x`.
# In a notebook that you have not run yourself you see the steps as a table; run the cell to click
# through them.

# %%
norm.step()

# %% [markdown]
# ## The gradient of the gradient
#
# The rules are NumPy, so they can be recorded while they run, and differentiated in turn. For batch
# normalisation there is a beautiful way to check that without any formula. Take $\epsilon = 0$. If
# all $x_i$ are multiplied by the same number $s$, then so are $\mu$ and $\sigma$, and $\hat x$
# stays as it is: $C(sx) = C(x)$. Differentiate this with respect to $x$, and then with respect to
# $s$ at $s = 1$:
#
# $$s\, \nabla C(sx) = \nabla C(x)
#   \quad\Longrightarrow\quad \nabla C(x) + \nabla^2 C(x)\, x = 0$$
#
# So the matrix of second derivatives, applied to $x$ itself, must give back the gradient with a
# minus. To get $\nabla^2 C\, v$ one differentiates the number $\langle \nabla C, v\rangle$, with
# $v = x$ held fixed. (A $\tanh$ behind the layer makes the loss curved, too.)

# %%
v = x.numpy()

with ag.Tape() as twice:
    mu = np.mean(x, axis=0)
    std = np.sqrt(np.mean((x - mu) ** 2, axis=0))
    C = np.sum(weights * np.tanh((x - mu) / std * gamma + beta))
    (slope,) = ag.gradients(C, x, create_graph=True)
    along = np.sum(slope * v)

twice.check({"x": lambda slope: -slope}, output=along)

# %% [markdown]
# Adding the same to all $x_i$ changes nothing either. So the second derivatives, applied to ones,
# give 0. And here is the judge that knows no theory, finite differences, on the first and second
# derivatives with respect to all three inputs:


# %%
def loss(x, gamma, beta):
    mu = np.mean(x, axis=0)
    var = np.mean((x - mu) ** 2, axis=0)
    return np.sum(weights * np.tanh((x - mu) / np.sqrt(var + eps) * gamma + beta))


curved = ag.hvp(loss)(v, gamma.numpy(), beta.numpy(), np.ones_like(v))
print("applied to ones, at most", np.max(np.abs(curved)))
print("as finite differences say:", ag.gradcheck(loss, (x, gamma, beta), order=2))

# %% [markdown]
# ## For you
#
# 1. Layer normalisation is the same with the axes exchanged: mean and variance are taken over the
#    numbers of one example. Which of the six formulas change? (Not all that have a sum.) Here is an
#    answer that exchanged one axis too many; `task.hint()` helps a step at a time.
# 2. Make `eps` 1 and run the section on batch normalisation again. Do the formulas still hold? And
#    the identity of the last section, if its `std` gets an `eps`, too?
# 3. Give `img2col` a dilation (`ag.windows` takes one). What in `places` has to follow?

# %%
task = ag.exercise("layer_norm")
task

# %%
task.grade(
    g_gamma=lambda g, xhat: (g * xhat).sum(axis=1),
    g_beta=lambda g: g.sum(axis=0),
)

# %% [markdown]
# The derivation of one layer down to each single number: [softmax and cross-entropy, worked by
# hand](06_softmax_by_hand.ipynb).
