"""The twins of `cases.special`: what PyTorch has, or the formula in terms of what it has."""

from __future__ import annotations

import torch
from torch import special

from twins.kit import tensors_only
from twins.reductions import over_one_axis


def softmax(function):
    return lambda x, axis: over_one_axis(function)(x, axis)


def logsumexp(x, axis=None, b=None, keepdims=False):
    weighted = x if b is None else x + torch.log(torch.as_tensor(b, dtype=x.dtype))
    dims = tuple(range(weighted.ndim)) if axis is None else axis
    return torch.logsumexp(weighted, dims, keepdims) if weighted.ndim else weighted + 0


def logsumexp_and_sign(x, b, axis):
    total = (torch.as_tensor(b) * x.exp()).sum(axis)
    return total.abs().log(), total.sign()


class Psi(torch.autograd.Function):
    """PyTorch's own has a derivative that is right to eight digits only."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return special.digamma(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * special.zeta(2.0, x)


class LogGamma(torch.autograd.Function):
    """With that derivative."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.lgamma(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * Psi.apply(x)


psi, lgamma = Psi.apply, LogGamma.apply


def polygamma(x, n):
    if not isinstance(n, int):
        x = x.expand(*x.shape[:-1], len(n))
        return torch.stack([polygamma(x[..., k], int(m)) for k, m in enumerate(n)], -1)
    return special.polygamma(n, x) if n else psi(x)


def multigammaln(x, d):
    return sum(lgamma(x - k / 2) for k in range(d))


def gamma(x):
    sign = torch.where((x > 0) | (torch.floor(x) % 2 == 0), 1.0, -1.0)
    return sign * torch.exp(lgamma(x))


def rgamma(x):
    """Three steps up its recursion, where there are no poles."""
    return x * (x + 1) * (x + 2) / torch.exp(lgamma(x + 3))


def betaln(x, y):
    return lgamma(x) + lgamma(y) - lgamma(x + y)


def incomplete(function):
    return lambda x, a: function(*torch.broadcast_tensors(torch.as_tensor(a, dtype=x.dtype), x))


def huber(delta, r):
    delta = torch.as_tensor(delta, dtype=r.dtype)
    return torch.where(abs(r) <= delta, r * r / 2, delta * (abs(r) - delta / 2))


def at_zero(quotient, y, series):
    """The quotient by y, and near y = 0 the first terms of its series."""
    return torch.where(y == 0, series, quotient / torch.where(y == 0, 1, y))


def boxcox(x, y, log=torch.log):
    log = log(x)
    return at_zero(torch.expm1(y * log), y, log * (1 + y * log / 2 + (y * log) ** 2 / 6))


def inv_boxcox(x, y):
    return torch.exp(at_zero(torch.log1p(x * y), y, x * (1 - x * y / 2 + (x * y) ** 2 / 3)))


TWINS = {
    "i0": torch.i0,
    "special.expit": special.expit,
    "special.logit": special.logit,
    "special.log_expit": torch.nn.functional.logsigmoid,
    "special.erf": special.erf,
    "special.erfc": special.erfc,
    "special.erfcx": special.erfcx,
    "special.erfinv": special.erfinv,
    "special.erfcinv": lambda x: special.erfinv(1 - x),
    "special.ndtr": special.ndtr,
    "special.ndtri": special.ndtri,
    "special.log_ndtr": special.log_ndtr,
    "special.gamma": gamma,
    "special.gammaln": lgamma,
    "special.loggamma": lgamma,
    "special.rgamma": rgamma,
    "special.psi": psi,
    "special.polygamma": polygamma,
    "special.poch": lambda x, y: torch.exp(lgamma(x + y) - lgamma(x)),
    "special.beta": lambda x, y: torch.exp(betaln(x, y)),
    "special.betaln": betaln,
    "special.multigammaln": multigammaln,
    "special.zeta": lambda x, s: special.zeta(s, x),
    "special.gammainc": incomplete(special.gammainc),
    "special.gammaincc": incomplete(special.gammaincc),
    "special.i0": special.i0,
    "special.i0e": special.i0e,
    "special.i1": special.i1,
    "special.i1e": special.i1e,
    "special.cbrt": lambda x: torch.sign(x) * abs(x) ** (1 / 3),
    "special.exp2": torch.exp2,
    "special.exp10": lambda x: 10**x,
    "special.expm1": torch.expm1,
    "special.log1p": torch.log1p,
    "special.exprel": lambda x: at_zero(torch.expm1(x), x, 1 + x / 2 + x**2 / 6),
    "special.cosm1": lambda x: torch.cos(x) - 1,
    "special.xlogy": tensors_only(special.xlogy),
    "special.xlog1py": special.xlog1py,
    "special.entr": special.entr,
    "special.rel_entr": lambda x, y: x * torch.log(x / y),
    "special.kl_div": lambda x, y: x * torch.log(x / y) - x + y,
    "special.logsumexp": logsumexp,
    "special.logsumexp_of_weights": lambda x, b, axis=None: logsumexp(x, axis, b),
    "special.logsumexp_and_sign": logsumexp_and_sign,
    "special.softmax": softmax(torch.softmax),
    "special.log_softmax": softmax(torch.log_softmax),
    "special.huber": huber,
    "special.pseudo_huber": lambda x, y: x * x * (torch.sqrt(1 + (y / x) ** 2) - 1),
    "special.boxcox": boxcox,
    "special.boxcox1p": lambda x, y: boxcox(x, y, torch.log1p),
    "special.inv_boxcox": inv_boxcox,
    "special.inv_boxcox1p": lambda x, y: inv_boxcox(x, y) - 1,
}

NONE = "PyTorch does not have it"
VALUES = "PyTorch has its values, not its derivative"
WITHOUT = {
    **{
        f"special.{name}": NONE
        for name in (
            "dawsn", "erfi", "exp1", "expi", "expn", "hyp0f1", "hyp1f1", "hyp2f1", "betainc", "betaincc",
            "betaincinv", "gammaincinv", "gammainccinv", "stdtr", "jv", "jn", "yv", "yn", "iv", "ive",
            "kv", "kve", "gammasgn",
        )
    },
    **{f"special.{name}": VALUES for name in ("j0", "j1", "y0", "y1", "k0", "k1", "k0e", "k1e")},
    "special.erfcx_far": "PyTorch's loses its digits there",
}  # fmt: skip
