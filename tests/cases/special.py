"""To be filled."""

from __future__ import annotations

from cases.kit import Case

CASES: list[Case] = []
