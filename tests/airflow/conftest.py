"""A real Airflow with a schedule of a model that a real study recorded; the model's environment is built once for all tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("driver.py")

MAKE = """
import json, sys
from pathlib import Path
from dsframework.data import load_panel
from dsframework.deployment import ScheduleRequest, write_schedule
from dsframework.spec import SampleData, parse_spec
from dsframework.study import run_study
folder, spec, requests = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
load_panel(SampleData(n_entities=4, n_days=120)).frame.write_parquet(folder / "panel.parquet")
outcome = run_study(parse_spec(spec), base=folder)
schedules = [write_schedule(ScheduleRequest(run_id=outcome.result.best, **request)) for request in requests]
print(json.dumps([schedule.model_dump() for schedule in schedules]))
"""

SPEC = """
version: 1
name: sample volume
task: regression
data: {loader: parquet, path: panel.parquet, time: time, entity: ticker, calendar: XNYS}
target: {column: volume, horizon: 1, transform: log}
features:
  - lag: {columns: [volume], periods: [0, 1, 4]}
models:
  - ridge: {alpha: 1.0}
split: {test: 0.2, cv: {folds: 2}}
"""

REQUESTS = [
    {"name": "daily.volume-1", "owner": "Ann O'Brien {{ x }}", "wait": {"timeout_minutes": 0.05, "poke_seconds": 5}},
    {"name": "to_table", "publish": {"table": {"connection": "warehouse", "table": "predictions"}}},
]


@dataclass(frozen=True)
class Airflow:
    """An Airflow home with two schedules: one posts to Parquet, the other to the table of a connection."""

    python: Path
    folder: Path
    schedules: dict[str, Any]
    variables: dict[str, str]

    @property
    def database(self) -> Path:
        """The SQLite file behind the connection `warehouse`."""
        return self.folder / "prices.db"

    def run(self, *command: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a program of Airflow's environment; its output and errors come together."""
        try:
            return subprocess.run(
                [str(self.python), *command],
                env=self.variables,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as late:  # a task that fails waits for its retry: its log says why
            text = late.output.decode(errors="replace") if isinstance(late.output, bytes) else str(late.output)
            raise AssertionError(f"not ended after {timeout:.0f} s: {command}\n{text[-6000:]}") from None

    def drive(self, action: str, *arguments: str) -> Any:
        """Let `driver.py` do something in Airflow's environment, and return what it answers."""
        done = self.run(str(DRIVER), action, *arguments)
        answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
        assert len(answers) == 1, done.stdout[-6000:]
        return json.loads(answers[0].removeprefix("ANSWER "))


@pytest.fixture(scope="session")
def airflow(airflow_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Record a model, schedule it twice, and set up an Airflow with its database in a temporary folder."""
    folder = tmp_path_factory.mktemp("airflow")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTEST", "MLFLOW", "TSML_DAGS"))}
    own |= {"TSML_HOME": str(folder / "tsml"), "AIRFLOW_HOME": str(folder / "airflow")}
    made = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MAKE), str(folder), SPEC, json.dumps(REQUESTS)],
        env=own,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    schedules = {schedule["name"]: schedule for schedule in json.loads(made.stdout.splitlines()[-1])}
    variables = own | {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW_CONN_WAREHOUSE": json.dumps({"conn_type": "sqlite", "host": str(folder / "prices.db"), "password": "hunter2"}),
        "PYTHONUNBUFFERED": "1",
    }
    found = Airflow(python=airflow_python, folder=folder, schedules=schedules, variables=variables)
    migrated = found.run("-m", "airflow", "db", "migrate")
    assert migrated.returncode == 0, migrated.stdout[-3000:]
    return found
