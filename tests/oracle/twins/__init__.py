"""The operations of `cases` in PyTorch: a module for each family of the same name.

``TWINS`` maps an operation to the function that does the same in PyTorch, given the same inputs
and static parameters; ``WITHOUT`` names those that have none, each with the reason.
"""

from importlib import import_module

from cases import FAMILIES

MODULES = [import_module(f"twins.{family}") for family in FAMILIES]
TWINS = {op: twin for module in MODULES for op, twin in module.TWINS.items()}
WITHOUT = {op: why for module in MODULES for op, why in getattr(module, "WITHOUT", {}).items()}
