"""PyTorch, if it is there. With REQUIRE_ORACLE=1 it has to be: importing it then fails."""

import importlib.util
import os

if importlib.util.find_spec("torch") is None and os.environ.get("REQUIRE_ORACLE") != "1":
    # (tests/conftest.py says so at the end of the run)
    collect_ignore_glob = ["test_*.py", "twins/*", "*_twins.py"]
