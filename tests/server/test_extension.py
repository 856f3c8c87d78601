"""The package as Jupyter and IPython find it, and what importing it costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jupyterlab_tsml

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "pandas", "polars", "sklearn", "ray", "mlflow", "torch", "optuna", "pyarrow")
PROGRAM = f"""
import json, sys
import jupyterlab_tsml
first = [name for name in {HEAVY} if name in sys.modules]
jupyterlab_tsml._jupyter_server_extension_points()
jupyterlab_tsml._jupyter_labextension_paths()
second = [name for name in {HEAVY} if name in sys.modules]
from jupyterlab_tsml.app import TsmlApp
from jupyterlab_tsml.openapi import document
from jupyterlab_tsml.services import DocumentService
DocumentService(root_dir=".").describe()
document("/")
print(json.dumps([first, second, [name for name in {HEAVY} if name in sys.modules]]))
"""


def test_the_server_starts_and_describes_itself_without_a_heavy_library():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=ROOT, timeout=120)
    assert json.loads(done.stdout) == [[], [], []]


NOTEBOOK = f"""
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.extension_manager.load_extension("jupyterlab_tsml")
magics = shell.magics_manager.magics
print(json.dumps(["tsml" in magics["cell"], "tsml" in magics["line"], [name for name in {HEAVY} if name in sys.modules]]))
"""


def test_a_notebook_that_loads_the_extension_has_the_magics_and_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=True, cwd=ROOT, timeout=120)
    assert json.loads(done.stdout.splitlines()[-1]) == [True, True, []]


def test_jupyter_finds_the_server_extension_and_the_front_end():
    (point,) = jupyterlab_tsml._jupyter_server_extension_points()
    assert point["module"] == "jupyterlab_tsml"
    assert point["app"].name == "jupyterlab_tsml"
    assert jupyterlab_tsml._jupyter_labextension_paths() == [{"src": "labextension", "dest": "jupyterlab-tsml"}]


def test_the_installed_configuration_switches_it_on():
    text = (ROOT / "jupyter-config" / "server-config" / "jupyterlab_tsml.json").read_text()
    assert json.loads(text) == {"ServerApp": {"jpserver_extensions": {"jupyterlab_tsml": True}}}
