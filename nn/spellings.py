"""What PyTorch has under a name that is not here, and what is written for it here."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import Any

__all__ = ["hint", "missing"]

_ONE_MEMORY = "leave it out, there is one kind of memory"
_DTYPE = "give dtype= where layers are made"

# Of a model.
_OF_A_MODULE = {
    **dict.fromkeys(("to", "cuda", "cpu", "device", "to_empty"), _ONE_MEMORY),
    **dict.fromkeys(("float", "double", "half", "bfloat16", "type"), _DTYPE),
    "add_module": "write model.name = module",
    "backward": "call backward() on the loss",
    "compile": "leave it out",
    "fit": "call nn.fit(model, loss, data, optimizer=..., epochs=...)",
    "freeze": "call requires_grad_(False)",
    "get_buffer": "write dict(model.named_buffers())[name]",
    "get_parameter": "write dict(model.named_parameters())[name]",
    "get_submodule": "write dict(model.named_modules())[name]",
    "load": "call model.load_state_dict(nn.load(path))",
    "predict": "call the model, model(x)",
    "register_module": "write model.name = module",
    "register_parameter": "write model.name = nn.Parameter(values)",
    "save": "call nn.save(model, path)",
    "summary": "call nn.summary(model, x)",
}

# Of the packages, by other names.
_RENAMED = {
    "manual_seed": "nn.seed",
    "Dense": "nn.Linear",
    "LazyLinear": "nn.Linear, with in_features",
    "cat": "autograd.concatenate",
}
# Where else what is missing in a package may be.
_ELSEWHERE = {
    "nn": ("nn.data", "nn.functional", "nn.optim", "nn.utils", "autograd"),
    "nn.functional": ("nn", "autograd"),
    "nn.optim": ("nn.optim.lr_scheduler", "nn.utils"),
}


def hint(module: Any, name: str) -> str:
    """What to write for an attribute that a module does not have."""
    if name.startswith("__"):
        return "dir() lists what there is"
    return _OF_A_MODULE.get(name) or _near(name, dir(module))


def missing(package: str, name: str) -> AttributeError:
    """The error for a name that ``nn`` or one of its packages does not have."""
    known = dir(sys.modules[package])
    for place in () if name.startswith("_") else _ELSEWHERE[package]:
        if name in dir(sys.modules.get(place)):
            remedy = f"write {place}.{name}"
            break
    else:
        other = _RENAMED.get(name)
        remedy = f"write {other}" if other else _near(name, known)
    return AttributeError(f"{package}.{name}: there is no such name; {remedy}.")


def _near(name: str, known: list[str]) -> str:
    """The names that are near to it, without regard to capitals."""
    public: dict[str, str] = {}
    for other in sorted(known):  # capitals first: classes before the files that hold them
        if not other.startswith("_"):
            public.setdefault(other.lower(), other)
    near = [public[lower] for lower in get_close_matches(name.lower(), public)]
    return f"near to it: {', '.join(near)}" if near else "dir() lists what there is"
