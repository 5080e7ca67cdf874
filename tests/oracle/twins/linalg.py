"""The twins of `cases.linalg`."""

TWINS = {}
