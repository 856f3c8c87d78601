"""A small real study that several tests look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dsframework.spec import ExperimentSpec, parse_spec
from dsframework.study import StudyOutcome, run_study

SMALL = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 3, n_days: 260, seed: 4}}
target: {{column: volume, horizon: 2, transform: log}}
features:
  - lag: {{columns: [volume], periods: [0, 1, 4]}}
  - returns: {{columns: [close], periods: [1]}}
preprocessing: [standard_scale]
split: {{test: 0.2, cv: {{folds: 3}}}}
models:
  - ridge: {{alpha: [0.1, 1.0, 10.0]}}
  - random_forest: {{n_estimators: 10, max_depth: [2, 4]}}
tuning: {{metric: mae}}
metrics: [mae, rmse]
"""


@pytest.fixture
def small_spec() -> Callable[[str], ExperimentSpec]:
    """A function that makes the small spec under a name of one's own."""
    return lambda name: parse_spec(SMALL.format(name=name))


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    """The small spec, run once in this process."""
    folder: Path = tmp_path_factory.mktemp("small")
    return run_study(parse_spec(SMALL.format(name="small-study")), base=folder)
