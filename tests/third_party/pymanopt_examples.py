"""Optimization on manifolds with pymanopt: solutions that are known without it."""

import numpy as np
import pymanopt
from pymanopt.manifolds import Grassmann, Product, Sphere, Stiefel, SymmetricPositiveDefinite
from pymanopt.optimizers import ConjugateGradient, SteepestDescent, TrustRegions

import autograd.numpy as anp

rng = np.random.default_rng(0)
square = rng.standard_normal((6, 6))
symmetric = square + square.T
values, vectors = np.linalg.eigh(symmetric)


def close(actual, expected, atol=1e-5):
    np.testing.assert_allclose(actual, expected, atol=atol)


def rayleigh(manifold):
    @pymanopt.function.autograd(manifold)
    def cost(x):
        return -anp.sum(x * (symmetric @ x))

    return cost


for optimizer in (SteepestDescent, ConjugateGradient, TrustRegions):
    sphere, start = Sphere(6), np.ones(6) / 6**0.5
    result = optimizer(verbosity=0).run(
        pymanopt.Problem(sphere, rayleigh(sphere)), initial_point=start
    )
    close(-result.cost, values[-1])
    close(abs(result.point @ vectors[:, -1]), 1)

for manifold in (Stiefel(6, 2), Grassmann(6, 2)):
    start = np.linalg.qr(rng.standard_normal((6, 2)))[0]
    problem = pymanopt.Problem(manifold, rayleigh(manifold))
    result = TrustRegions(verbosity=0).run(problem, initial_point=start)
    close(-result.cost, values[-1] + values[-2])

# Euclidean derivatives, against the formulas.
sphere = Sphere(6)
problem = pymanopt.Problem(sphere, rayleigh(sphere))
x, v = rng.standard_normal((2, 6))
close(problem.euclidean_gradient(x), -2 * symmetric @ x, 1e-12)
close(problem.euclidean_hessian(x, v), -2 * symmetric @ v, 1e-12)

# A product of manifolds: the best approximation of rank 2.
matrix = rng.standard_normal((5, 4))
product = Product([Stiefel(5, 2), pymanopt.manifolds.Euclidean(2), Stiefel(4, 2)])


@pymanopt.function.autograd(product)
def misfit(u, s, v):
    return anp.linalg.norm(anp.dot(u * s, v.T) - matrix) ** 2


start = (np.linalg.qr(matrix[:, :2])[0], np.ones(2), np.linalg.qr(matrix[:2].T)[0])
result = TrustRegions(verbosity=0).run(pymanopt.Problem(product, misfit), initial_point=start)
close(result.cost, np.sum(np.linalg.svd(matrix)[1][2:] ** 2))

# Maximum likelihood of a covariance: the sample's own.
samples = rng.standard_normal((40, 3)) @ rng.standard_normal((3, 3))
scatter = samples.T @ samples / len(samples)
positive = SymmetricPositiveDefinite(3)


@pymanopt.function.autograd(positive)
def negative_log_likelihood(s):
    return anp.linalg.slogdet(s)[1] + anp.trace(anp.linalg.solve(s, scatter))


problem = pymanopt.Problem(positive, negative_log_likelihood)
result = TrustRegions(verbosity=0).run(problem, initial_point=np.eye(3))
close(result.point, scatter, 1e-4)
print("pymanopt: all solutions found")
