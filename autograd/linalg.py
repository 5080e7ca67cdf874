"""Linear algebra, differentiable: what NumPy has as ``np.linalg``."""
