"""Imports run only downward; the engine loads quickly and silently."""

import ast
import subprocess
import sys
from pathlib import Path

import autograd

ROOT = Path(autograd.__file__).parent
ORDER = [
    "errors", "handles", "places", "mode", "tape", "dispatch", "tensor", "names", "primitive", "ops", "linalg",
    "backward", "functions", "special", "operators", "trees", "checkpointing", "transforms",
    "gradcheck", "explain",
    # what code written for HIPS autograd imports; the engine knows nothing of it
    "numpy", "extend", "scipy", "tracer", "builtins", "misc", "differential_operators", "test_util",
]  # fmt: skip


def imports(path, everywhere=False):
    """The layers that a file imports, at module level or also inside functions and branches."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("autograd"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            yield from [parts[1] for parts in names if parts[0] == "autograd" and parts[1:]]


def layer_of(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def test_imports_run_only_downward():
    checked = 0
    for path in ROOT.rglob("*.py"):
        layer = layer_of(path)
        if layer == "__init__":
            continue
        for imported in imports(path):
            checked += 1
            assert ORDER.index(imported) <= ORDER.index(layer), f"{path.name} imports {imported}"
    assert checked > 30


def test_the_engine_asks_its_readers_only_for_what_a_notebook_shows():
    below = ORDER[: ORDER.index("explain")]
    paths = [path for path in ROOT.rglob("*.py") if layer_of(path) in below]
    asking = {layer_of(path) for path in paths if "explain" in imports(path, everywhere=True)}
    assert asking == {"tensor"}  # its _repr_html_


def test_importing_the_engine_loads_neither_its_readers_nor_graphviz_and_prints_nothing():
    code = (
        "import sys, autograd; "
        "print([m for m in ('autograd.explain', 'graphviz', 'scipy', 'sklearn', 'tqdm', 'torch', "
        "'importlib.metadata') "
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


def test_what_is_loaded_when_asked_for_is_known_to_type_checkers_and_to_dir():
    readers = set(autograd._READERS.split())
    lazy = readers | set(autograd._MODULES.split()) | set(autograd._ELSEWHERE)
    tree = ast.parse((ROOT / "__init__.py").read_text())
    (declared,) = [n for n in tree.body if isinstance(n, ast.If) and n.test.id == "TYPE_CHECKING"]
    names = {alias.asname for node in declared.body for alias in node.names}
    assert names == readers | {"special"}
    assert lazy <= set(dir(autograd))
    for name in lazy:
        assert getattr(autograd, name) is not None
    for name in readers:
        assert getattr(autograd, name).__doc__
