"""Importing the packages loads nothing heavy: looked at in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ["numpy", "pandas", "polars", "sklearn", "ray", "mlflow", "torch", "optuna", "pyarrow", "lightgbm", "xgboost", "catboost"]


def loaded_by(module: str) -> list[str]:
    """Import `module` in a new Python and return which of the heavy libraries came with it."""
    code = f"import sys, json, {module}; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "module",
    ["dsframework", "dsframework.errors", "dsframework.spec", "dsframework.records", "dsframework.cli", "jupyterlab_tsml", "tsml_kernel"],
)
def test_import_loads_no_heavy_library(module: str) -> None:
    assert loaded_by(module) == []


def test_the_check_itself_notices_a_heavy_library() -> None:
    assert loaded_by("numpy") == ["numpy"]


def test_the_command_line_answers_help_without_heavy_libraries() -> None:
    code = (
        "import sys, contextlib, io\n"
        "from dsframework.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[]"
