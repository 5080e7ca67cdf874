"""Programs of the kinds that are written with HIPS autograd, in small; each returns numbers.

They use nothing but its names, so that they also run with it: EXPECTED was printed by
`python tests/hips/examples.py` with autograd 1.9.1.
"""

from __future__ import annotations

import itertools

import numpy
import scipy.optimize

import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.multivariate_normal as mvn
import autograd.scipy.stats.norm as norm
from autograd import (
    checkpoint,
    elementwise_grad as egrad,
    grad,
    hessian,
    hessian_vector_product,
    jacobian,
    make_vjp,
    value_and_grad,
)
from autograd.extend import defvjp, primitive
from autograd.misc import flatten
from autograd.misc.flatten import flatten_func
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.scipy.signal import convolve
from autograd.scipy.special import expit, gammaln, logsumexp
from autograd.scipy.stats import t


def derivatives_of_tanh():
    def tanh(x):
        y = np.exp(-2.0 * x)
        return (1.0 - y) / (1.0 + y)

    x = np.linspace(-2, 2, 5)
    numbers = [tanh(x)]
    f = tanh
    for _ in range(6):
        f = egrad(f)
        numbers.append(f(x))
    return numbers


def taylor_series_of_sine():
    def sine(x):
        term = total = x
        i = 0
        while abs(term) > 1e-8:
            term = -term * x * x / ((2 * i + 3) * (2 * i + 2))
            total = total + term
            i += 1
        return total

    return [sine(1.3), grad(sine)(1.3), grad(grad(sine))(1.3)]


def sinusoid_of_many_orders():
    f = np.sin
    numbers = []
    for _ in range(5):
        f = egrad(f)
        numbers.append(f(np.array([0.3, 1.0])))
    return numbers


def logistic_regression():
    inputs = np.array(
        [[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.3], [0.74, -2.49, 1.39]]
    )
    targets = np.array([True, True, False, True])

    def loss(weights):
        p = 0.5 * (np.tanh(np.dot(inputs, weights) / 2.0) + 1)
        likelihoods = p * targets + (1 - p) * (1 - targets)
        return -np.sum(np.log(likelihoods))

    slope = grad(loss)
    weights = np.zeros(3)
    for _ in range(100):
        weights -= slope(weights) * 0.01
    return [loss(weights), weights, hessian(loss)(weights)]


@primitive
def my_logsumexp(x):
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def _logsumexp_vjp(ans, x):
    shape = x.shape
    return lambda g: np.full(shape, g) * np.exp(x - np.full(shape, ans))


defvjp(my_logsumexp, _logsumexp_vjp)


def primitive_of_ones_own():
    def f(y):
        return my_logsumexp(y**2)

    x = np.array([0.1, 0.9, -0.4])
    return [f(x), grad(f)(x), hessian(f)(x), hessian_vector_product(f)(x, np.ones(3))]


def neural_net():
    rs = npr.RandomState(0)
    sizes = [4, 5, 3]
    params = [(0.5 * rs.randn(m, n), 0.5 * rs.randn(n)) for m, n in itertools.pairwise(sizes)]
    images, labels = rs.randn(20, 4), rs.randint(0, 3, 20)
    targets = np.array(labels[:, None] == np.arange(3)[None, :], dtype=int)

    def predict(params, inputs):
        for w, b in params:
            outputs = np.dot(inputs, w) + b
            inputs = np.tanh(outputs)
        return outputs - logsumexp(outputs, axis=1, keepdims=True)

    def l2(params):
        flattened, _ = flatten(params)
        return np.dot(flattened, flattened)

    def objective(params, i):
        part = slice((i % 4) * 5, (i % 4 + 1) * 5)
        posterior = -0.1 * l2(params) + np.sum(predict(params, images[part]) * targets[part])
        return -posterior

    log = []
    end = adam(
        grad(objective),
        params,
        step_size=0.05,
        num_iters=20,
        callback=lambda p, i, g: log.append(objective(p, 0)),
    )
    accuracy = np.mean(np.argmax(predict(end, images), axis=1) == labels)
    return [log, flatten(end)[0], accuracy]


def rosenbrock():
    def f(x):
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    start = np.array([-1.2, 1.0])
    found = scipy.optimize.minimize(value_and_grad(f), start, jac=True, method="BFGS")
    newton = scipy.optimize.minimize(
        value_and_grad(f), start, jac=True, hessp=hessian_vector_product(f), method="Newton-CG",
        options={"xtol": 1e-12},
    )  # fmt: skip
    return [found.x.round(5), newton.x.round(5), hessian(f)(start)]


def recurrent_net():
    rs = npr.RandomState(1)
    params = {
        "start": rs.randn(1, 4),
        "change": rs.randn(3 + 4 + 1, 4) * 0.5,
        "predict": rs.randn(4 + 1, 3) * 0.5,
    }
    inputs = (rs.rand(6, 2, 3) > 0.5).astype(float)

    def concat_and_multiply(weights, *args):
        both = np.hstack((*args, np.ones((args[0].shape[0], 1))))
        return np.dot(both, weights)

    def loss(params):
        hidden = np.repeat(params["start"], 2, axis=0)
        outputs = []
        for step in inputs:
            hidden = np.tanh(concat_and_multiply(params["change"], step, hidden))
            out = concat_and_multiply(params["predict"], hidden)
            outputs.append(out - logsumexp(out, axis=1, keepdims=True))
        total = 0.0
        for out, target in zip(outputs[:-1], inputs[1:], strict=True):
            total = total - np.sum(out * target)
        return total / inputs.size

    return [loss(params), flatten(grad(loss)(params))[0]]


def lstm():
    rs = npr.RandomState(2)
    gates = {
        name: rs.randn(2 + 3 + 1, 3) * 0.5 for name in ("change", "forget", "ingate", "outgate")
    }
    inputs = rs.randn(4, 5, 2)

    def loss(gates):
        hidden = cells = np.zeros((5, 3))
        for step in inputs:
            both = np.concatenate((step, hidden, np.ones((5, 1))), axis=1)
            value = {name: np.dot(both, w) for name, w in gates.items()}
            cells = cells * expit(value["forget"]) + expit(value["ingate"]) * np.tanh(
                value["change"]
            )
            hidden = expit(value["outgate"]) * np.tanh(cells)
        return np.sum(hidden**2)

    return [loss(gates), flatten(grad(loss)(gates))[0]]


def gaussian_process():
    rs = npr.RandomState(0)
    x = np.concatenate([np.linspace(0, 2, 4), np.linspace(5, 7, 4)])[:, None]
    y = np.cos(x[:, 0]) + rs.randn(8) * 0.1

    def covariance(params, x1, x2):
        scale, lengths = np.exp(params[0]), np.exp(params[1:])
        difference = np.expand_dims(x1 / lengths, 1) - np.expand_dims(x2 / lengths, 0)
        return scale * np.exp(-0.5 * np.sum(difference**2, axis=2))

    def negative_likelihood(params):
        mean, noise, kernel = params[0], np.exp(params[1]) + 0.001, params[2:]
        cov = covariance(kernel, x, x) + noise * np.eye(len(y))
        return -mvn.logpdf(y, mean * np.ones(len(y)), cov)

    def prediction(params):
        cov = covariance(params[2:], x, x) + np.exp(params[1]) * np.eye(len(y))
        return np.dot(covariance(params[2:], np.array([[3.0]]), x), np.linalg.solve(cov, y))

    params = np.array([0.1, -1.0, 0.2, 0.3])
    return [
        negative_likelihood(params),
        grad(negative_likelihood)(params),
        hessian(negative_likelihood)(params),
        jacobian(prediction)(params),
    ]


def black_box_variational_inference():
    rs = npr.RandomState(0)
    D, samples = 2, rs.randn(10, 2)

    def log_density(x, t):
        mu, log_sigma = x[:, 0], x[:, 1]
        return norm.logpdf(log_sigma, 0, 1.35) + norm.logpdf(mu, 0, np.exp(log_sigma))

    def objective(params, t):
        mean, log_std = params[:D], params[D:]
        drawn = samples * np.exp(log_std) + mean
        entropy = 0.5 * D * (1.0 + np.log(2 * np.pi)) + np.sum(log_std)
        return -(entropy + np.mean(log_density(drawn, t)))

    start = np.concatenate([-np.ones(D), -2 * np.ones(D)])
    end = adam(grad(objective), start, step_size=0.1, num_iters=10)
    natural = sgd(
        lambda p, i: grad(objective)(p, i) * np.concatenate([np.exp(2 * p[D:]), 0.5 * np.ones(D)]),
        start, step_size=0.1, num_iters=10,
    )  # fmt: skip
    return [
        objective(start, 0),
        grad(objective)(start, 0),
        end,
        natural,
        mvn.entropy(start[:2], np.eye(2)),
    ]


def bayesian_neural_net():
    rs = npr.RandomState(0)
    weights = rs.randn(3, 1 * 4 + 4 + 4 * 1 + 1)
    inputs = np.linspace(-2, 2, 7)[:, None]
    targets = np.cos(inputs)

    def predictions(weights):
        w, b = weights[:, :4].reshape((-1, 1, 4)), weights[:, 4:8].reshape((-1, 1, 4))
        v, c = weights[:, 8:12].reshape((-1, 4, 1)), weights[:, 12:].reshape((-1, 1, 1))
        hidden = np.tanh(np.einsum("mnd,mdo->mno", np.tile(inputs[None], (3, 1, 1)), w) + b)
        return np.einsum("mnd,mdo->mno", hidden, v) + c

    def log_probability(weights):
        prior = -np.sum(weights**2, axis=1)
        fit = -np.sum((predictions(weights) - targets) ** 2, axis=1)[:, 0]
        return np.sum(prior + fit / 0.1)

    return [log_probability(weights), grad(log_probability)(weights)]


def convolutional_net():
    rs = npr.RandomState(0)
    images = rs.randn(2, 3, 6, 6)
    filters, bias = rs.randn(3, 4, 3, 3), rs.randn(1, 4, 1, 1)

    def loss(params):
        filters, bias = params
        z = (
            convolve(images, filters, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid")
            + bias
        )
        pooled = np.max(np.max(z.reshape((2, 4, 2, 2, 2, 2)), axis=3), axis=4)
        return np.sum(np.maximum(pooled, 0) ** 2)

    slopes = grad(loss)((filters, bias))
    return [loss((filters, bias)), slopes[0].ravel()[:8], slopes[1].ravel()]


def independent_components():
    rs = npr.RandomState(0)
    data, weights = rs.randn(6, 3), np.eye(3) + 0.1 * rs.randn(3, 3)

    def log_likelihood(w):
        sources = np.dot(data, w)
        return np.sum(t.logpdf(sources, 2.5)) + len(data) * np.linalg.slogdet(w)[1]

    return [log_likelihood(weights), grad(log_likelihood)(weights)]


def gaussian_mixture():
    rs = npr.RandomState(0)
    data = rs.randn(10, 2)
    start = {
        "logits": rs.randn(3),
        "means": rs.randn(3, 2),
        "lower": rs.randn(3, 2, 2) * 0.3 + np.eye(2),
    }

    def log_likelihood(params):
        weights = params["logits"] - logsumexp(params["logits"])
        each = [
            w + mvn.logpdf(data, mean, np.dot(lower.T, lower))
            for w, mean, lower in zip(weights, params["means"], params["lower"], strict=True)
        ]
        return np.sum(logsumexp(np.vstack(each), axis=0))

    objective, _, vector = flatten_func(log_likelihood, start)

    def loss(v):
        return -objective(v)[0] / len(data) if np.ndim(objective(v)) else -objective(v) / len(data)

    v = np.ones(len(vector))
    return [loss(vector), grad(loss)(vector), hessian_vector_product(loss)(vector, v)]


def negative_binomial():
    counts = np.array([0, 3, 1, 7, 2, 2, 12, 0.0, 4])

    def log_likelihood(r, p):
        return np.sum(
            gammaln(counts + r)
            - gammaln(r)
            - gammaln(counts + 1)
            + counts * np.log(p)
            + r * np.log(1 - p)
        )

    def loss(v):
        return -log_likelihood(np.exp(v[0]), expit(v[1]))

    found = scipy.optimize.minimize(loss, np.zeros(2), jac=grad(loss), method="CG")
    return [
        loss(np.zeros(2)),
        grad(loss)(np.zeros(2)),
        hessian(loss)(np.zeros(2)),
        found.x.round(3),
    ]


def fluid():
    rs = npr.RandomState(0)
    target = rs.rand(5, 5)

    def project(vx, vy):
        h = 1.0 / vx.shape[0]
        divergence = -0.5 * h * (
            np.roll(vx, -1, axis=0) - np.roll(vx, 1, axis=0) + np.roll(vy, -1, axis=1) - np.roll(vy, 1, axis=1)
        )  # fmt: skip
        p = np.zeros(vx.shape)
        for _ in range(5):
            p = (divergence + np.roll(p, 1, axis=0) + np.roll(p, -1, axis=0)
                 + np.roll(p, 1, axis=1) + np.roll(p, -1, axis=1)) / 4.0  # fmt: skip
        vx = vx - 0.5 * (np.roll(p, -1, axis=0) - np.roll(p, 1, axis=0)) / h
        return vx, vy - 0.5 * (np.roll(p, -1, axis=1) - np.roll(p, 1, axis=1)) / h

    def advect(f, vx, vy):
        rows, cols = f.shape
        ys, xs = np.meshgrid(np.arange(rows), np.arange(cols))
        center_x, center_y = (xs - vx).ravel(), (ys - vy).ravel()
        left, top = np.floor(center_x).astype(int), np.floor(center_y).astype(int)
        rw, bw = center_x - left, center_y - top
        left, right = np.mod(left, rows), np.mod(left + 1, rows)
        top, bottom = np.mod(top, cols), np.mod(top + 1, cols)
        flat = (1 - rw) * ((1 - bw) * f[left, top] + bw * f[left, bottom]) + rw * (
            (1 - bw) * f[right, top] + bw * f[right, bottom]
        )
        return np.reshape(flat, (rows, cols))

    def loss(params):
        vx, vy = np.reshape(params[:25], (5, 5)), np.reshape(params[25:], (5, 5))
        smoke = target
        for _ in range(2):
            vx, vy = project(advect(vx, vx, vy), advect(vy, vx, vy))
            smoke = advect(smoke, vx, vy)
        return np.mean((target - smoke) ** 2)

    params = rs.randn(50)
    return [loss(params), grad(loss)(params)]


def adversarial_net():
    rs = npr.RandomState(0)
    generator = [(rs.randn(2, 4), rs.randn(4)), (rs.randn(4, 3), rs.randn(3))]
    discriminator = [(rs.randn(3, 4), rs.randn(4)), (rs.randn(4, 1), rs.randn(1))]
    noise, data = rs.rand(6, 2), rs.rand(6, 3)

    def network(params, inputs):
        for w, b in params[:-1]:
            z = np.dot(inputs, w) + b
            z = (z - np.mean(z, axis=0, keepdims=True)) / (np.std(z, axis=0, keepdims=True) + 1e-5)
            inputs = np.maximum(0, z)
        w, b = params[-1]
        return np.dot(inputs, w) + b

    def objective(generator, discriminator):
        fake = expit(network(generator, noise))
        one, zero = network(discriminator, data), network(discriminator, fake)
        return np.mean(one - np.logaddexp(one, 0) - np.logaddexp(zero, 0))

    both = grad(objective, (0, 1))(generator, discriminator)
    return [objective(generator, discriminator), flatten(both[0])[0], flatten(both[1])[0]]


def variational_autoencoder():
    rs = npr.RandomState(0)
    encoder, decoder = rs.randn(3, 4), rs.randn(2, 3)
    images, noise = (rs.rand(5, 3) > 0.5) * 1.0, rs.randn(5, 2)

    def bound(params):
        encoder, decoder = params
        code = np.dot(images, encoder)
        means, log_stds = code[:, :2], code[:, 2:]
        latents = noise * np.exp(log_stds) + means
        logits = np.dot(latents, decoder)
        likelihood = np.sum(-np.logaddexp(0, np.where(images, -1, 1) * logits), axis=-1)
        kl = 0.5 * np.sum(np.exp(2 * log_stds) + means**2 - 1 - 2 * log_stds, axis=-1)
        return np.mean(likelihood - kl)

    value, slopes = value_and_grad(bound)((encoder, decoder))
    return [value, slopes[0], slopes[1]]


def hidden_markov_model():
    rs = npr.RandomState(0)
    pi, transition, emission = rs.rand(3), rs.rand(3, 3), rs.rand(3, 4)
    sequence = [0, 2, 1, 3, 3, 0]

    def log_partition(potentials):
        start, move, show = potentials
        alpha = start + show[:, sequence[0]]
        for symbol in sequence[1:]:
            alpha = logsumexp(alpha[:, None] + move, axis=0) + show[:, symbol]
        return logsumexp(alpha)

    potentials = tuple(np.log(p / p.sum(-1, keepdims=True)) for p in (pi, transition, emission))
    value, statistics = value_and_grad(log_partition)(potentials)
    return [value, *statistics]


def checkpointed():
    def layer(x, w):
        return np.tanh(np.dot(w, x))

    w = np.array([[0.5, -0.2], [0.3, 0.8]])

    def loss(w):
        x = np.ones(2)
        for _ in range(5):
            x = checkpoint(layer)(x, w)
        return np.sum(x)

    return [loss(w), grad(loss)(w)]


def rules_and_their_output():
    pull, value = make_vjp(lambda x: np.sort(x)[::-1] * np.cumsum(x))(np.array([2.0, 1.0, 3.0]))
    return [value, pull(np.array([1.0, 0.5, 2.0]))]


def root_mean_square_descent():
    def loss(params, i):
        return np.sum(np.abs(params["w"] - 1.0) ** 1.5) + (params["b"] - 2) ** 4

    end = rmsprop(grad(loss), {"w": np.zeros(3), "b": 0.0}, num_iters=30, step_size=0.05)
    return [end["w"], end["b"]]


EXAMPLES = {
    example.__name__: example
    for example in (
        derivatives_of_tanh,
        taylor_series_of_sine,
        sinusoid_of_many_orders,
        logistic_regression,
        primitive_of_ones_own,
        neural_net,
        rosenbrock,
        recurrent_net,
        lstm,
        gaussian_process,
        black_box_variational_inference,
        bayesian_neural_net,
        convolutional_net,
        independent_components,
        gaussian_mixture,
        negative_binomial,
        fluid,
        adversarial_net,
        variational_autoencoder,
        hidden_markov_model,
        checkpointed,
        rules_and_their_output,
        root_mean_square_descent,
    )
}


def numbers_of(name):
    """The numbers of an example in one row; of many, the first and two sums that stand for all."""
    row = numpy.concatenate([numpy.ravel(part) for part in EXAMPLES[name]()])
    weights = numpy.cos(numpy.arange(len(row)))
    return [*row[:8], row.sum(), weights @ row]


if __name__ == "__main__":
    print("EXPECTED = {")
    for name in EXAMPLES:
        print(f'    "{name}": [{", ".join(f"{float(n):.12g}" for n in numbers_of(name))}],')
    print("}")
