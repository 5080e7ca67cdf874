"""The README's code runs as printed."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd as ag

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.filterwarnings("ignore:Drawing.save")  # where no renderer is installed
def test_the_code_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    declared = len(ag.primitives())
    blocks = re.findall(
        r"^( *)```python\n(.*?)^ *```", README.read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 6
    differences = []
    for indent, block in blocks:
        exec(re.sub(f"^{indent}", "", block, flags=re.MULTILINE), scope)
        if not differences:
            W, x, p, y = (scope[name] for name in "Wxpy")
            differences.append((W.grad - x.T @ (p - y)).detach().numpy())
    del sys.modules["autograd.primitive"]._registry[declared:]
    np.testing.assert_allclose(differences, 0, atol=1e-15)
    assert scope["forces"].sum(axis=0) == pytest.approx(0)
    assert scope["per_example"].shape == (5, 2, 3)
    assert list(tmp_path.glob("softmax.*"))
    assert "(1, 2) float64   saves x" in capsys.readouterr().out
