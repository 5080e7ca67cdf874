"""Neural networks, built from the primitives of `autograd`."""
