"""Five derivations of backpropagation by hand, each formula against the tape.

The formulas stand here as they were written: in plain NumPy, for the very intermediate that they
are about. What the tape holds for that intermediate is asked of `ag.gradients`, whole Jacobians of
`ag.jacobian`, and vector-Jacobian products of `ag.vjp`. Where a text has a slip, the test says so
and shows the right formula. (Convolution and batch normalisation, which the fourth text derives
too, are tested beside those layers.)
"""

from itertools import pairwise

import numpy as np
import pytest

import autograd as ag
from nn import functional

EXACT = {"rtol": 1e-10, "atol": 1e-10}
ACTIVATIONS = {
    "sigmoid": (ag.sigmoid, lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "tanh": (ag.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (ag.relu, lambda z: (z > 0).astype(float)),
}


def close(actual, expected):
    actual = actual.data if isinstance(actual, ag.Tensor) else actual
    assert np.shape(actual) == np.shape(expected)
    np.testing.assert_allclose(actual, expected, **EXACT)


def leaf(a):
    return ag.tensor(a, requires_grad=True)


def softmax(o):
    e = np.exp(o - o.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def one_hot(rng, n, d):
    return np.eye(d)[rng.integers(0, d, n)]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# ====================================================================== first text
# Softmax and cross-entropy over a row-major MLP: z = a W, a row for each of N examples, and a loss
# that is a sum over the examples, not a mean.


class RowMLP:
    """z⁽ˡ⁾ = a⁽ˡ⁻¹⁾ W⁽ˡ⁾, a⁽ˡ⁾ = f(z⁽ˡ⁾), μ = softmax(a⁽ᴸ⁾), ℓ = -Σⱼ log(μⱼ) yⱼᵀ."""

    def __init__(self, rng, n, widths, f):
        self.x = rng.standard_normal((n, widths[0]))
        self.W = [leaf(rng.standard_normal(shape)) for shape in pairwise(widths)]
        self.y = one_hot(rng, n, widths[-1])
        self.a, self.z = [leaf(self.x)], []
        for W in self.W:
            self.z.append(self.a[-1] @ W)
            self.a.append(f(self.z[-1]))
        self.mu = ag.softmax(self.a[-1])
        self.loss = -ag.sum(self.y * ag.log(self.mu))

    def cotangents(self, *of):
        return [g.data for g in ag.gradients(self.loss, list(of), retain_graph=True)]


SIZES = [(1, (2, 2)), (5, (3, 4)), (4, (6, 5, 3)), (7, (3, 8, 6, 5, 4))]
mlps = pytest.mark.parametrize(("n", "widths"), SIZES, ids=str)
activations = pytest.mark.parametrize("name", ACTIVATIONS)


@mlps
def test_the_loss_with_respect_to_the_probabilities(rng, n, widths):
    net = RowMLP(rng, n, widths, ag.tanh)
    close(net.cotangents(net.mu)[0], -net.y / net.mu.data)


@mlps
def test_the_jacobian_of_softmax_is_symmetric_with_rows_that_sum_to_zero(rng, n, widths):
    a = rng.standard_normal((n, widths[-1]))
    mu = softmax(a)
    stack = ag.jacobian(ag.softmax, per_example=True)(a)
    close(stack, np.stack([np.diag(m) - np.outer(m, m) for m in mu]))
    close(stack, np.swapaxes(stack, 1, 2))
    close(stack.sum(axis=2), np.zeros(a.shape))
    # Among all examples, the Jacobian is that stack on its diagonal and zeros elsewhere.
    whole = ag.jacobian(ag.softmax)(a)
    close(np.einsum("jkji->jki", whole), stack)
    close(np.abs(whole).sum(), np.abs(stack).sum())


@mlps
def test_vector_times_jacobian_is_the_cotangent_on_the_tape_and_mu_minus_y(rng, n, widths):
    net = RowMLP(rng, n, widths, ag.tanh)
    to_mu, to_a = net.cotangents(net.mu, net.a[-1])
    jacobians = ag.jacobian(ag.softmax, per_example=True)(net.a[-1].data)
    # Written in the text as a row of products and a transpose; it is a product for each row.
    close(to_a, np.stack([row @ J for row, J in zip(to_mu, jacobians, strict=True)]))
    close(to_a, net.mu.data - net.y)


@mlps
@activations
def test_the_jacobian_of_an_elementwise_function_is_diagonal(rng, n, widths, name):
    f, slope = ACTIVATIONS[name]
    z = rng.standard_normal((n, widths[-1]))
    stack = ag.jacobian(f, per_example=True)(z)
    close(stack, np.stack([np.diag(row) for row in slope(z)]))


@mlps
def test_the_jacobians_of_a_product_of_matrices(rng, n, widths):
    """∂z/∂W is a, and ∂z/∂a is W: with the indices right.

    The text has ∂z_jk/∂W_jk = a_jk and ∂z_jk/∂a_jk = W_jk; an index is summed over there, and it is
    ∂z_jk/∂W_ik = a_ji and ∂z_jk/∂a_ji = W_ik. All others are zero.
    """
    a, W = rng.standard_normal((n, widths[0])), rng.standard_normal((widths[0], widths[-1]))
    to_W = ag.jacobian(lambda W: a @ W)(W)  # of z_jk, with respect to W_il
    close(to_W, np.einsum("ji,kl->jkil", a, np.eye(widths[-1])))
    to_a = ag.jacobian(lambda a: a @ W, per_example=True)(a)  # of z_jk, with respect to a_ji
    close(to_a, np.broadcast_to(W.T, to_a.shape))
    # Contracted with a cotangent, these are the rules of the product.
    g = rng.standard_normal((n, widths[-1]))
    _, pull = ag.vjp(ag.matmul, a, W)
    close(pull(g)[0], g @ W.T)
    close(pull(g)[1], a.T @ g)
    close(np.einsum("jk,jkil->il", g, to_W), a.T @ g)


@mlps
@activations
def test_the_step_that_the_first_text_leaves_empty(rng, n, widths, name):
    """δz = δa ⊙ f'(z), δa of the layer before = δz Wᵀ, δW = aᵀ δz: the tape finishes it."""
    f, slope = ACTIVATIONS[name]
    net = RowMLP(rng, n, widths, f)
    delta_a = net.mu.data - net.y
    for layer in reversed(range(len(net.W))):
        delta_z = delta_a * slope(net.z[layer].data)
        found = net.cotangents(net.z[layer], net.W[layer], net.a[layer])
        close(found[0], delta_z)
        close(found[1], net.a[layer].data.T @ delta_z)
        delta_a = delta_z @ net.W[layer].data.T
        close(found[2], delta_a)


# ====================================================================== second text
# The backward operator B[M, z](v) = (∂M/∂z)ᵀ v of a module M, and an MLP of r layers with logistic
# loss. Column vectors: W z + b.


def logistic_loss(t, y):
    return functional.binary_cross_entropy_with_logits(t, y, reduction="sum")


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 2), (4, 6)])
def test_the_backward_operator_is_the_jacobian_transposed_times_a_vector(rng, n, m):
    W, z, b, v = (rng.standard_normal(shape) for shape in ((n, m), m, n, n))
    modules = {
        "a product": (lambda z: W @ z + b),
        "an activation": (lambda z: ag.tanh(ag.sin(z))[0] * ag.sigmoid(b * ag.sum(z * z))),
        "a softmax": (lambda z: ag.softmax(W @ z)),
    }
    for module in modules.values():
        value, pull = ag.vjp(module, z)
        dense = ag.jacobian(module)(z)
        assert dense.shape == (n, m)
        close(value, module(z))
        close(pull(v)[0], dense.T @ v)


@pytest.mark.parametrize("y", [0.0, 1.0, 0.3])
def test_the_logistic_loss(rng, y):
    t = np.concatenate([rng.standard_normal(20), [0, 30, -30]])
    v = 1.7
    for one in t:
        _, pull = ag.vjp(lambda t: logistic_loss(t, y), one)
        close(pull(v)[0], (1 / (1 + np.exp(-one)) - y) * v)


@pytest.mark.parametrize("t", [1e4, -1e4, 1e300, -1e300])
def test_the_logistic_loss_is_stable_for_logits_of_any_size(t):
    for y in (0.0, 1.0):
        x = leaf([t])
        loss = logistic_loss(x, [y])
        (g,) = ag.gradients(loss, x)
        close(loss, abs(t) if (t > 0) != (y == 1) else 0.0)
        close(g, [float(t > 0) - y])


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 2), (4, 6)])
def test_the_backward_operators_of_an_affine_map(rng, n, m):
    W, z, b, v = (rng.standard_normal(shape) for shape in ((n, m), m, n, n))
    _, pull = ag.vjp(lambda W, z, b: W @ z + b, W, z, b)
    to_W, to_z, to_b = pull(v)
    close(to_z, W.T @ v)
    close(to_b, v)
    close(to_W, np.outer(v, z))


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 2), (4, 6)])
def test_the_flattened_jacobian_of_an_affine_map_has_z_in_its_blocks(rng, n, m):
    """W as a vector of its rows: (∂(Wz + b)/∂W)ᵀ is an (n m) × n matrix, of n columns with z once.

    (In the text, the last row of its first block has ∂W₂ₙ in the place of ∂W₁ₘ.)
    """
    z, b, v = rng.standard_normal(m), rng.standard_normal(n), rng.standard_normal(n)
    flat = rng.standard_normal(n * m)
    transposed = ag.jacobian(lambda flat: flat.reshape(n, m) @ z + b)(flat).T
    expected = np.zeros((n * m, n))
    for row in range(n):
        expected[row * m : (row + 1) * m, row] = z
    close(transposed, expected)
    close((transposed @ v).reshape(n, m), np.outer(v, z))


@activations
def test_the_backward_operator_of_an_activation(rng, name):
    f, slope = ACTIVATIONS[name]
    for m in (1, 5, 12):
        z, v = rng.standard_normal(m), rng.standard_normal(m)
        _, pull = ag.vjp(f, z)
        close(ag.jacobian(f)(z).T @ v, np.diag(slope(z)) @ v)
        close(pull(v)[0], slope(z) * v)


@pytest.mark.parametrize("widths", [(3, 1), (2, 4, 1), (5, 4, 4, 3, 1), (3, *[4] * 12, 1)], ids=str)
@activations
def test_the_recursion_through_any_number_of_layers(rng, widths, name):
    f, slope = ACTIVATIONS[name]
    x, y = rng.standard_normal(widths[0]), 1.0
    W = [leaf(rng.standard_normal((m, n))) for n, m in pairwise(widths)]
    b = [leaf(rng.standard_normal(m)) for m in widths[1:]]
    a, z = [leaf(x)], []
    for layer, (weight, bias) in enumerate(zip(W, b, strict=True)):
        z.append(weight @ a[-1] + bias)
        if layer < len(W) - 1:  # the last is the logit itself
            a.append(f(z[-1]))
    J = logistic_loss(z[-1], [y])
    found = ag.gradients(J, [*z, *a, *W, *b])
    to_z, to_a = found[: len(z)], found[len(z) : len(z) + len(a)]
    to_W, to_b = found[-2 * len(W) : -len(W)], found[-len(W) :]
    delta = (1 / (1 + np.exp(-z[-1].data)) - y) * 1.0
    for layer in reversed(range(len(W))):
        close(to_z[layer], delta)
        close(to_W[layer], np.outer(delta, a[layer].data))
        close(to_b[layer], delta)
        close(to_a[layer], W[layer].data.T @ delta)
        if layer:
            delta = W[layer].data.T @ delta * slope(z[layer - 1].data)


@pytest.mark.parametrize(("n", "d", "m"), [(3, 2, 4), (1, 5, 1), (6, 1, 3)])
def test_examples_in_columns_and_in_rows(rng, n, d, m):
    """Z = W X + b and Z = X W + b give the same gradients, transposed; b's is summed over examples.

    (The text writes X W with the W that it had before; it is the transpose of that.)
    """
    X, W, b = (rng.standard_normal(shape) for shape in ((d, n), (m, d), (m, 1)))
    columns, rows = [leaf(W), leaf(b), leaf(X)], [leaf(W.T), leaf(b.T), leaf(X.T)]
    Z = columns[0] @ columns[2] + columns[1]
    T = rows[2] @ rows[0] + rows[1]
    close(Z.data.T, T.data)
    g = rng.standard_normal((m, n))
    for a, c in zip(ag.gradients(Z, columns, g), ag.gradients(T, rows, g.T), strict=True):
        close(a.data.T, c.data)
    (to_b,) = ag.gradients(leaf(W) @ X + columns[1], columns[1], g)
    close(to_b, g.sum(axis=1, keepdims=True))


# ====================================================================== third text
# Gradient descent, the chain rule over one and two paths, forward and backward pass.


def test_gradient_descent_goes_from_parameters_to_parameters():
    """θ¹ = θ⁰ - η ∇L(θ⁰). (The text has ∇L(θ¹) on the right, which is not known yet.)"""
    A = np.array([[3.0, 1.0], [1.0, 2.0]])
    eta = 0.1
    theta = leaf([1.0, -2.0])
    expected = [theta.data.copy()]
    for _ in range(3):
        expected.append(expected[-1] - eta * (A @ expected[-1] - 1))
    for step in range(3):
        close(theta.data, expected[step])
        theta.zero_grad()
        (0.5 * theta @ (A @ theta) - ag.sum(theta)).backward()
        with ag.no_grad():
            theta -= eta * theta.grad
    close(theta.data, expected[3])
    implicit = np.linalg.solve(np.eye(2) + eta * A, expected[0] + eta)  # what the slip would mean
    assert np.abs(implicit - expected[1]).max() > 0.01


@pytest.mark.parametrize("at", [-1.3, 0.2, 2.0])
def test_the_chain_rule_along_one_path(at):
    """y = g(x), z = h(y): dz/dx = dz/dy · dy/dx."""
    x = leaf(at)
    y = ag.sin(x)
    z = ag.exp(y)
    to_y, to_x = ag.gradients(z, [y, x])
    close(to_y, np.exp(np.sin(at)))
    close(to_x, np.exp(np.sin(at)) * np.cos(at))


@pytest.mark.parametrize("at", [-1.3, 0.2, 2.0])
def test_the_chain_rule_along_two_paths_adds_what_each_contributes(at):
    """x = g(s), y = h(s), z = k(x, y): dz/ds = ∂z/∂x dx/ds + ∂z/∂y dy/ds.

    (The text has dz/dx on the left and dy/dx on the right.)
    """
    s = leaf(at)
    x, y = ag.sin(s), ag.exp(s)
    z = x * y**2
    to_x, to_y, to_s = ag.gradients(z, [x, y, s], retain_graph=True)
    close(to_x, np.exp(at) ** 2)
    close(to_y, 2 * np.sin(at) * np.exp(at))
    # Each path alone: the cotangent of its first entry, taken on to s.
    by_x = ag.gradients(x, s, to_x, retain_graph=True)[0].item()
    by_y = ag.gradients(y, s, to_y)[0].item()
    close(by_x, np.exp(at) ** 2 * np.cos(at))
    close(by_y, 2 * np.sin(at) * np.exp(at) * np.exp(at))
    close(to_s, by_x + by_y)


@pytest.mark.parametrize(("n", "d"), [(1, 2), (4, 3), (9, 5)])
def test_the_gradient_of_a_sum_over_examples_is_the_sum_of_theirs(rng, n, d):
    """L = Σ Cⁿ, so ∂L/∂w = Σ ∂Cⁿ/∂w. (The text's right-hand side lacks the ∂ before Cⁿ.)"""
    X, y = rng.standard_normal((n, d)), rng.integers(0, 2, n).astype(float)
    w = leaf(rng.standard_normal(d))
    (whole,) = ag.gradients(logistic_loss(X @ w, y), w)
    each = [ag.gradients(logistic_loss(X[k] @ w, y[k]), w)[0].data for k in range(n)]
    close(whole, np.sum(each, axis=0))


@activations
@pytest.mark.parametrize("output", ["square", "logistic"])
def test_two_units_that_follow_another(rng, name, output):
    """∂C/∂z = σ'(z) [w₃ ∂C/∂z' + w₄ ∂C/∂z''], with ∂z/∂w from the forward pass: the input.

    The two cases of the text: ∂C/∂z' at an output layer is ∂C/∂y₁ times the slope of its
    activation; before it, what the layer after gives is enough.
    """
    f, slope = ACTIVATIONS[name]
    x = rng.standard_normal(2)
    w1, w2, b, w3, w4 = (leaf(value) for value in rng.standard_normal(5))
    z = w1 * x[0] + w2 * x[1] + b
    a = f(z)
    z1, z2 = w3 * a + 0.3, w4 * a - 0.2
    y1, y2 = f(z1), f(z2)
    target = np.array([0.2, 0.9])
    if output == "square":
        C = (y1 - target[0]) ** 2 + (y2 - target[1]) ** 2
        to_y = 2 * (np.array([y1.item(), y2.item()]) - target)
    else:
        C = logistic_loss(y1, target[0]) + logistic_loss(y2, target[1])
        to_y = 1 / (1 + np.exp(-np.array([y1.item(), y2.item()]))) - target
    g = dict(
        zip(
            ["z", "a", "z1", "z2", "y1", "y2", "w1", "w2", "b", "w3", "w4"],
            ag.gradients(C, [z, a, z1, z2, y1, y2, w1, w2, b, w3, w4], retain_graph=True),
            strict=True,
        )
    )
    close([g["y1"].item(), g["y2"].item()], to_y)
    close(g["z1"], to_y[0] * slope(z1.data))  # the output layer
    close(g["z2"], to_y[1] * slope(z2.data))
    upper, lower = w3.item() * g["z1"].item(), w4.item() * g["z2"].item()
    close(ag.gradients(z1, a, g["z1"], retain_graph=True)[0], upper)  # each path's contribution
    close(ag.gradients(z2, a, g["z2"], retain_graph=True)[0], lower)
    close(g["a"], upper + lower)
    close(g["z"], slope(z.data) * (upper + lower))  # not the output layer
    close(g["w1"], x[0] * g["z"].data)
    close(g["w2"], x[1] * g["z"].data)
    close(g["b"], g["z"].data)
    close(g["w3"], a.data * g["z1"].data)
    close(g["w4"], a.data * g["z2"].data)


# ====================================================================== fourth text
# The table of a network in columns, an L2 norm as a loss, softmax with cross-entropy.


@pytest.mark.parametrize("widths", [(3, 2), (2, 5, 3), (4, 3, 6, 5, 2)], ids=str)
@activations
def test_the_table_of_a_deep_network(rng, widths, name):
    """δa^L = ∂C/∂a^L, δa = Wᵀ δz, δz = δa ⊙ f'(z), δW = δz aᵀ, δb = δz, all of columns.

    (The text writes a^L = C(a^L) in the table's first row, sums δz_i over i once too often, and
    has b of the layer before in the derivations of δW and δb.)
    """
    f, slope = ACTIVATIONS[name]
    W = [leaf(rng.standard_normal((m, n))) for n, m in pairwise(widths)]
    b = [leaf(rng.standard_normal((m, 1))) for m in widths[1:]]
    target = rng.standard_normal((widths[-1], 1))
    a, z = [leaf(rng.standard_normal((widths[0], 1)))], []
    for weight, bias in zip(W, b, strict=True):
        z.append(weight @ a[-1] + bias)
        a.append(f(z[-1]))
    C = ag.sum((a[-1] - target) ** 3)
    delta_a = 3 * (a[-1].data - target) ** 2
    for layer in reversed(range(len(W))):
        wanted = [a[layer + 1], z[layer], W[layer], b[layer]]
        found = ag.gradients(C, wanted, retain_graph=True)
        delta_z = delta_a * slope(z[layer].data)
        close(found[0], delta_a)
        close(found[1], delta_z)
        close(found[2], delta_z @ a[layer].data.T)
        close(found[3], delta_z)
        delta_a = W[layer].data.T @ delta_z


@pytest.mark.parametrize("n", [1, 4, 30])
def test_what_the_fourth_text_calls_mean_squared_error_is_a_norm(rng, n):
    """L = √Σ(y - o)² has ∂L/∂o = (o - y) / L; the mean of squares has 2 (o - y) / n."""
    y, o = rng.standard_normal(n), leaf(rng.standard_normal(n))
    L = ag.sqrt(ag.sum((y - o) ** 2))
    close(ag.gradients(L, o)[0], (o.data - y) / L.item())
    norm = ag.linalg.norm(y - o)
    close(norm, L.item())
    close(ag.gradients(norm, o)[0], (o.data - y) / L.item())
    close(ag.gradients(functional.mse_loss(o, y), o)[0], 2 * (o.data - y) / n)


def test_the_norm_where_it_is_zero():
    """There the formula is 0 / 0. By convention the engine's norm has gradient 0, and no NaN."""
    o = leaf([1.0, 2.0])
    L = ag.linalg.norm(o.data.copy() - o)
    assert L.item() == 0
    close(ag.gradients(L, o)[0], [0, 0])
    close(ag.gradients(functional.mse_loss(o, o.data.copy()), o)[0], [0, 0])


@pytest.mark.parametrize("n", [2, 3, 10])
def test_the_jacobian_of_softmax_element_by_element(rng, n):
    o = rng.standard_normal(n)
    mu = softmax(o)
    expected = [[(i == j) * mu[i] - mu[i] * mu[j] for j in range(n)] for i in range(n)]
    close(ag.jacobian(ag.softmax)(o), np.array(expected))


@pytest.mark.parametrize("n", [2, 3, 10])
@pytest.mark.parametrize("total", [1.0, 2.5, 0.0])
def test_cross_entropy_of_targets_that_need_not_sum_to_one(rng, n, total):
    """∂L/∂o = -y + softmax(o) Σy; the text goes on to softmax(o) - y, which needs Σy = 1."""
    y = rng.uniform(size=n)
    y = y * total / y.sum()
    o = leaf(rng.standard_normal(n))
    mu = ag.softmax(o)
    L = -ag.sum(y * ag.log(mu))
    to_mu, to_o = ag.gradients(L, [mu, o])
    close(to_mu, -y / mu.data)
    close(to_o, -y + mu.data * y.sum())
    assert np.allclose(to_o.data, mu.data - y) == (total == 1)
    fused = functional.cross_entropy(o, y)
    close(fused, L.item())
    close(ag.gradients(fused, o)[0], -y + mu.data * y.sum())


def test_a_regulariser_adds_its_own_gradient(rng):
    """L = cross-entropy + R: the text carries R in L, and drops it from ∂L."""
    x, y = rng.standard_normal((5, 3)), one_hot(rng, 5, 4)
    W = leaf(rng.standard_normal((3, 4)))
    L = functional.cross_entropy(x @ W, y, reduction="sum") + 0.1 * ag.sum(W**2)
    close(ag.gradients(L, W)[0], x.T @ (softmax(x @ W.data) - y) + 0.2 * W.data)


@pytest.mark.parametrize("size", [1e2, 1e4])
def test_softmax_with_cross_entropy_of_large_numbers(rng, size):
    o, y = leaf(size * rng.standard_normal((4, 6))), one_hot(rng, 4, 6)
    close(ag.gradients(functional.cross_entropy(o, y, reduction="sum"), o)[0], softmax(o.data) - y)


# ====================================================================== fifth text
# Softmax with cross-entropy on three inputs and two outputs, worked out weight by weight.


class ThreeInputsTwoOutputs:
    """Each number an entry of its own, so that the tape has the text's paths, one by one."""

    def __init__(self, rng, inputs=3, outputs=2, y=None):
        self.a = rng.standard_normal(inputs)
        self.y = one_hot(rng, 1, outputs)[0] if y is None else y
        self.w = [[leaf(v) for v in row] for row in rng.standard_normal((inputs, outputs))]
        self.b = [leaf(v) for v in rng.standard_normal(outputs)]
        self.z = [
            sum((self.w[p][q] * self.a[p] for p in range(inputs)), start=self.b[q])
            for q in range(outputs)
        ]
        e = [ag.exp(z) for z in self.z]
        total = sum(e[1:], start=e[0])
        self.p = [one / total for one in e]
        terms = [-self.y[i] * ag.log(p) for i, p in enumerate(self.p)]
        self.L = sum(terms[1:], start=terms[0])
        self.values = np.array([p.item() for p in self.p])

    def of(self, output, *inputs, cotangent=None):
        found = ag.gradients(output, list(inputs), cotangent, retain_graph=True)
        return np.array([g.item() for g in found])


shapes = pytest.mark.parametrize(("inputs", "outputs"), [(3, 2), (1, 3), (4, 5)])


@shapes
def test_softmax_and_the_loss_by_output(rng, inputs, outputs):
    net = ThreeInputsTwoOutputs(rng, inputs, outputs)
    p = net.values
    close(net.of(net.L, *net.p), -net.y / p)
    for k in range(outputs):  # ∂ŷₖ/∂zᵢ = ŷₖ (δₖᵢ - ŷᵢ)
        close(net.of(net.p[k], *net.z), p[k] * (np.eye(outputs)[k] - p))
    close(net.of(net.L, *net.z), p - net.y)


@shapes
def test_every_weight_and_bias(rng, inputs, outputs):
    """∂L/∂w_pq = a_p (ŷ_q - y_q), ∂L/∂b_q = ŷ_q - y_q."""
    net = ThreeInputsTwoOutputs(rng, inputs, outputs)
    found = net.of(net.L, *(w for row in net.w for w in row)).reshape(inputs, outputs)
    close(found, np.outer(net.a, net.values - net.y))
    close(net.of(net.L, *net.b), net.values - net.y)


@shapes
def test_the_sum_over_all_paths(rng, inputs, outputs):
    """∂L/∂w_pq = Σᵢ ∂L/∂ŷᵢ Σₖ ∂ŷᵢ/∂zₖ ∂zₖ/∂w_pq, each factor asked of the tape on its own."""
    net = ThreeInputsTwoOutputs(rng, inputs, outputs)
    to_p = net.of(net.L, *net.p)
    to_z = np.array([net.of(p, *net.z) for p in net.p])
    for p, q in np.ndindex(inputs, outputs):
        w = net.w[p][q]
        # Only z_q depends on w_pq: ∂zₖ/∂w_pq = δ_kq a_p.
        of_w = [net.of(z, w)[0] if k == q else 0.0 for k, z in enumerate(net.z)]
        close(of_w, net.a[p] * np.eye(outputs)[q])
        for k in range(outputs):
            if k != q:
                with pytest.raises(ag.GradientError):  # no path leads there
                    ag.gradients(net.z[k], w, retain_graph=True)
        double_sum = sum(to_p[i] * to_z[i][k] * of_w[k] for i, k in np.ndindex(outputs, outputs))
        close(net.of(net.L, w)[0], double_sum)


@pytest.mark.parametrize("y", [[1.0, 0.0], [0.0, 1.0], [0.3, 0.7], [0.5, 1.0]])
def test_the_worked_example(rng, y):
    """The two paths from w₂₁ and from b₁, over ŷ₁ and over ŷ₂.

    The text's last step takes y₁ + y₂ = 1, "as softmax sums to 1"; it is the target that has to.
    """
    net = ThreeInputsTwoOutputs(rng, y=np.array(y))
    (p1, p2), (y1, y2), a2 = net.values, y, net.a[1]
    w21, b1 = net.w[1][0], net.b[0]
    to_p = net.of(net.L, *net.p)
    close(to_p, [-y1 / p1, -y2 / p2])
    close([net.of(p, net.z[0])[0] for p in net.p], [p1 * (1 - p1), -p1 * p2])
    close(net.of(net.z[0], w21, b1), [a2, 1])
    paths = [net.of(p, w21, b1, cotangent=np.array(g)) for p, g in zip(net.p, to_p, strict=True)]
    close(paths[0], np.array([a2, 1]) * (-y1 / p1) * (p1 * (1 - p1)))
    close(paths[1], np.array([a2, 1]) * (-y2 / p2) * (-p2 * p1))
    total = net.of(net.L, w21, b1)
    close(total, paths[0] + paths[1])
    close(total, np.array([a2, 1]) * (p1 * (y1 + y2) - y1))
    assert np.allclose(total, np.array([a2, 1]) * (p1 - y1)) == (y1 + y2 == 1)


def test_the_product_rule_is_the_chain_rule_of_two_paths(rng):
    """h = f g: ∂h/∂x = ∂h/∂f ∂f/∂x + ∂h/∂g ∂g/∂x, that is g f' + f g'."""
    x = leaf(rng.standard_normal())
    f, g = ag.sin(x), ag.exp(x)
    to_f, to_g, to_x = ag.gradients(f * g, [f, g, x])
    close(to_f, g.data)
    close(to_g, f.data)
    close(to_x, g.data * np.cos(x.data) + f.data * np.exp(x.data))
