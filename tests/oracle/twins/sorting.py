"""The twins of `cases.sorting`."""

TWINS = {}
