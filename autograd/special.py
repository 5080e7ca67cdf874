"""The special functions of SciPy, differentiable: ``autograd.special.erf``, ..."""
