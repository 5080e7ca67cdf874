"""Imports run only downward; the engine loads quickly and silently."""

import ast
import subprocess
import sys
from pathlib import Path

import autograd

ROOT = Path(autograd.__file__).parent
ORDER = [
    "errors", "mode", "tape", "dispatch", "tensor", "names", "primitive", "ops", "linalg",
    "backward", "functions", "special", "operators", "trees", "transforms", "gradcheck", "explain",
    # what code written for HIPS autograd imports; the engine knows nothing of it
    "numpy", "extend", "scipy", "tracer", "builtins", "misc", "differential_operators", "test_util",
]  # fmt: skip


def imports_at_module_level(path):
    body = ast.parse(path.read_text()).body
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("autograd"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


def test_imports_run_only_downward():
    checked = 0
    for path in ROOT.rglob("*.py"):
        layer = path.relative_to(ROOT).with_suffix("").parts[0]
        if layer == "__init__":
            continue
        for imported in imports_at_module_level(path):
            checked += 1
            assert ORDER.index(imported) <= ORDER.index(layer), f"{path.name} imports {imported}"
    assert checked > 30


def test_importing_the_engine_loads_neither_graphviz_nor_scipy_and_prints_nothing():
    code = (
        "import sys, autograd; "
        "print([m for m in ('graphviz', 'scipy', 'sklearn', 'tqdm', 'torch', 'importlib.metadata') "
        "if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
    assert run.stderr == ""


def test_the_public_face_names_what_it_exports():
    assert autograd.__version__
    tree = ast.parse((ROOT / "__init__.py").read_text())
    ours = [n for n in tree.body if isinstance(n, ast.ImportFrom) and "autograd" in n.module]
    names = [alias.asname for node in ours for alias in node.names]
    assert None not in names
    assert len(names) == len(set(names))
    assert "*" not in names
