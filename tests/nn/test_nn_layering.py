"""`nn` stands on the public face of `autograd` alone, and declares no derivative."""

import ast
from pathlib import Path

import pytest

import autograd
import nn

FILES = sorted(Path(nn.__file__).parent.rglob("*.py"))
# What a composition has no business with: declarations, and the insides of Tensors and tapes.
FORBIDDEN = {"primitive", "primitives", "Primitive", "Node", "Leaf", "overrides"}


def public(name):
    return not name.startswith("_") or name.startswith("__")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_only_the_public_face_of_autograd(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                assert not alias.name.startswith("autograd."), alias.name
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "autograd":
            assert node.module == "autograd"
            for alias in node.names:
                assert public(alias.name)
                assert alias.name not in FORBIDDEN
                assert hasattr(autograd, alias.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_declares_no_primitive_and_reads_no_private_attribute_of_a_tensor(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            assert node.attr not in FORBIDDEN
            assert node.attr not in autograd.Tensor.__slots__
        elif isinstance(node, ast.Name):
            assert node.id not in FORBIDDEN


def test_something_was_scanned():
    assert len(FILES) > 10
