"""A real IPython shell with the extension loaded, and a helper that runs a cell and keeps what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

SMALL = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 2, n_days: 160}}
target: {{column: volume}}
features:
  - lag: {{columns: [volume], periods: [0, 1]}}
split: {{cv: {{folds: 2}}}}
models:
  - ridge: {{alpha: [0.1, 1.0]}}
metrics: [mae, rmse]
"""


@dataclass(frozen=True)
class Shown:
    """What a cell printed, displayed and returned."""

    text: str
    outputs: list[Any]
    result: Any

    def bundles(self, kind: str) -> list[Any]:
        """The data of all outputs that carry a MIME type."""
        return [output.data[kind] for output in self.outputs if kind in output.data]


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory, own_home: Path) -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False
    config.IPCompleter.use_jedi = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        shell = InteractiveShell.instance(config=config)
        shell.run_line_magic("load_ext", "jupyterlab_tsml")
        yield shell
        InteractiveShell.clear_instance()


@pytest.fixture
def run_cell(shell: InteractiveShell) -> Callable[[str], Shown]:
    def run(cell: str) -> Shown:
        with capture_output() as captured:
            outcome = shell.run_cell(cell)
        return Shown(captured.stdout + captured.stderr, captured.outputs, outcome.result)

    return run


@pytest.fixture(scope="session")
def small() -> Callable[[str], str]:
    """The YAML of a study that takes a second; the name keeps tests apart."""
    return lambda name: SMALL.format(name=name).lstrip()
