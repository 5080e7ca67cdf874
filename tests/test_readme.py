"""The README's code runs as printed, and prints what the README says."""

import linecache
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd as ag

README = Path(__file__).parent.parent / "README.md"


def test_the_code_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    declared = len(ag.primitives())
    blocks = re.findall(
        r"^( *)```(python|text)\n(.*?)^ *```", README.read_text(), re.MULTILINE | re.DOTALL
    )
    assert [kind for _, kind, _ in blocks].count("python") == 7
    printed = ""
    for k, (indent, kind, block) in enumerate(blocks):
        if kind == "text":
            assert printed.endswith(block)  # of the block before it
            continue
        name = f"<readme {k}>"
        code = re.sub(f"^{indent}", "", block, flags=re.MULTILINE)
        linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name
        exec(compile(code, name, "exec"), scope)
        printed = capsys.readouterr().out
        if k == 0:
            W, x, p, y = (scope[name] for name in "Wxpy")
            np.testing.assert_allclose((W.grad - x.T @ (p - y)).detach(), 0, atol=1e-15)
            assert "g_W = xᵀ (p − y)" in printed
            assert (tmp_path / "softmax.svg").exists()
            assert (tmp_path / "softmax.html").exists()
    del sys.modules["autograd.primitive"]._registry[declared:]
    assert scope["forces"].sum(axis=0) == pytest.approx(0)
    assert scope["per_example"].shape == (5, 2, 3)
