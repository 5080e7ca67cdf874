"""Survival models of lifelines, fitted to the data that ship with it: prints their numbers.

Run with this package and with HIPS autograd, the numbers must agree (see run.sh).
"""

import json
import sys
import warnings

import lifelines as ll
import numpy as np
from lifelines import datasets

import autograd.numpy as anp

warnings.simplefilter("ignore")
numbers = {}


def keep(name, fitter):
    summary = fitter.summary[["coef", "se(coef)"]] if "coef" in fitter.summary else fitter.summary
    log_likelihood = getattr(fitter, "log_likelihood_", 0.0)
    numbers[name] = [float(log_likelihood), *map(float, summary.to_numpy(float).ravel())]


waltons = datasets.load_waltons()
for kind in (
    ll.WeibullFitter,
    ll.ExponentialFitter,
    ll.LogNormalFitter,
    ll.LogLogisticFitter,
    ll.GeneralizedGammaFitter,
):
    fitted = kind().fit(waltons["T"], waltons["E"])
    keep(kind.__name__, fitted)
    numbers[kind.__name__ + " hazard"] = fitted.hazard_.to_numpy().ravel()[1::20].tolist()
    band = fitted.confidence_interval_survival_function_
    numbers[kind.__name__ + " band"] = band.to_numpy().ravel()[2::40].tolist()
keep("Piecewise", ll.PiecewiseExponentialFitter([20, 50]).fit(waltons["T"], waltons["E"]))
keep("Spline", ll.SplineFitter([6, 20, 40, 75]).fit(waltons["T"], waltons["E"]))
keep("left", ll.WeibullFitter().fit_left_censoring(waltons["T"], waltons["E"]))
keep("interval", ll.WeibullFitter().fit_interval_censoring(waltons["T"], waltons["T"] + 3))
entry = np.minimum(5, waltons["T"] / 2)
keep("entry", ll.WeibullFitter().fit(waltons["T"], waltons["E"], entry=entry))
weights = 1 + np.arange(len(waltons)) % 3
keep("weights", ll.LogNormalFitter().fit(waltons["T"], waltons["E"], weights=weights))

rossi = datasets.load_rossi()
for kind in (ll.WeibullAFTFitter, ll.LogNormalAFTFitter, ll.LogLogisticAFTFitter):
    keep(kind.__name__, kind().fit(rossi, "week", "arrest", ancillary=True))
    keep(kind.__name__ + " penalty", kind(penalizer=0.1).fit(rossi, "week", "arrest"))
keep(
    "Piecewise regression",
    ll.PiecewiseExponentialRegressionFitter([20, 35], penalizer=0.1).fit(rossi, "week", "arrest"),
)
keep("Cox", ll.CoxPHFitter().fit(rossi, "week", "arrest"))
keep("Cox l1", ll.CoxPHFitter(penalizer=0.1, l1_ratio=0.9).fit(rossi, "week", "arrest"))
spline = ll.CoxPHFitter(baseline_estimation_method="spline", n_baseline_knots=3)
keep("Cox spline", spline.fit(rossi, "week", "arrest"))
piecewise = ll.CoxPHFitter(baseline_estimation_method="piecewise", breakpoints=[20, 35])
keep("Cox piecewise", piecewise.fit(rossi, "week", "arrest"))
formulas = {"mu_": "age + fin", "sigma_": "1", "lambda_": "1"}
# Of this one not the standard errors: they are second differences of first differences.
gamma = ll.GeneralizedGammaRegressionFitter(penalizer=0.01)
gamma.fit(rossi, "week", "arrest", regressors=formulas)
numbers["GeneralizedGammaRegression"] = gamma.summary["coef"].to_list()


class Decaying(ll.fitters.ParametricUnivariateFitter):
    """A model of the user's own."""

    _fitted_parameter_names = ("alpha_",)
    _bounds = ((0, None),)

    def _cumulative_hazard(self, params, times):
        return anp.log1p(times / params[0])


keep("own model", Decaying().fit(waltons["T"], waltons["E"]))
npmle = ll.KaplanMeierFitter().fit_interval_censoring(waltons["T"][:20], waltons["T"][:20] + 3)
numbers["npmle"] = npmle.survival_function_.to_numpy().ravel().tolist()
json.dump(numbers, sys.stdout, indent=1)
