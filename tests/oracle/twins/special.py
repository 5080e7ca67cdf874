"""The twins of `cases.special`."""

TWINS = {}
