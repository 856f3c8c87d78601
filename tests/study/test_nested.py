"""Nested validation: every fold tunes inside its own training part, so that its score owes nothing to tuning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import TimeSeriesSplit

from dsframework.errors import SplitError
from dsframework.records import ExperimentResult, StudyStatus
from dsframework.spec import parse_spec
from dsframework.study import reproduce, run_study
from dsframework.tracking import load_predictions

ALPHAS = [0.1, 30.0, 100.0, 300.0, 1000.0]
ORACLE = """
version: 1
name: nested-oracle
task: regression
data: {loader: csv, path: noisy.csv, time: date}
target: {column: y, horizon: 1}
features:
  - lag: {columns: [a, b, c, d, e, f], periods: [0]}
split: {test: 0.2, cv: {folds: 4}, inner: {folds: 3}}
models:
  - ridge: {alpha: [0.1, 30.0, 100.0, 300.0, 1000.0]}
metrics: [mae]
"""
SMALL = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 4, n_days: 160, seed: 4}}
target: {{column: volume, transform: log}}
features:
  - lag: {{columns: [volume], periods: [0, 1, 2]}}
split: {{test: 0.2, {split}}}
models:
  - ridge: {{alpha: {alpha}}}
metrics: [mae]
"""


def noisy(folder: Path) -> pl.DataFrame:
    """A series that the columns tell a little of, so that the best shrinkage differs from stretch to stretch."""
    random = np.random.default_rng(8)
    frame = pl.DataFrame({name: random.normal(size=160) for name in "abcdef"})
    y = 0.3 * frame["a"].shift(1, fill_value=0.0).to_numpy() + random.normal(size=160)
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 6, 8), eager=True).alias("date")
    frame = frame.with_columns(days, pl.Series("y", y))
    frame.write_csv(folder / "noisy.csv")
    return frame


def score(x: Any, y: Any, train: Any, test: Any, alpha: float) -> float:
    return float(mean_absolute_error(y[test], Ridge(alpha=alpha).fit(x[train], y[train]).predict(x[test])))


def tuned(x: Any, y: Any, rows: Any) -> tuple[float, float]:
    """The alpha with the least mean error over three folds inside some rows, and that error."""
    means = [np.mean([score(x, y, rows[i], rows[o], alpha) for i, o in TimeSeriesSplit(3).split(rows)]) for alpha in ALPHAS]
    return ALPHAS[int(np.argmin(means))], float(min(means))


def test_choices_and_scores_equal_a_loop_written_by_hand(tmp_path: Path) -> None:
    frame = noisy(tmp_path)
    found = run_study(parse_spec(ORACLE), base=tmp_path).result.experiments[0]
    x, y = frame.select(list("abcdef")).to_numpy()[:-1], frame["y"].to_numpy()[1:]
    n_train = len(y) - int(np.ceil(0.2 * len(y)))
    expected = []
    for train, test in TimeSeriesSplit(4).split(x[:n_train]):
        alpha, inner = tuned(x, y, train)
        expected.append((alpha, inner, score(x, y, train, test, alpha)))
    alpha, inner = tuned(x, y, np.arange(n_train))
    final = (alpha, inner, score(x, y, np.arange(n_train), np.arange(n_train, len(y)), alpha))

    assert len({alpha for alpha, _, _ in expected}) > 1, "the folds must choose different points, or this shows little"
    assert [one.fold for one in found.nested] == [1, 2, 3, 4, 0]
    assert [one.params["alpha"] for one in found.nested] == [alpha for alpha, _, _ in [*expected, final]]
    assert [one.inner for one in found.nested] == pytest.approx([inner for _, inner, _ in [*expected, final]], rel=1e-9)
    assert [one.outer for one in found.nested] == pytest.approx([outer for _, _, outer in [*expected, final]], rel=1e-9)
    outer = [outer for _, _, outer in expected]
    assert found.cv["mae"].folds == pytest.approx(outer, rel=1e-9)
    assert found.cv["mae"].mean == pytest.approx(np.mean(outer), rel=1e-9)
    assert found.cv["mae"].std == pytest.approx(np.std(outer), rel=1e-9)
    assert found.test["mae"] == pytest.approx(final[2], rel=1e-9)
    assert (found.params, found.n_trials) == ({"alpha": final[0]}, 25)
    told = next(one for one in found.evaluation if one.name == "nested")
    assert told.figures["optimism"] == pytest.approx(np.mean(outer) - np.mean([inner for _, inner, _ in expected]), rel=1e-9)
    assert told.figures["points"] == len({alpha for alpha, _, _ in expected})
    assert told.tables["folds"].columns == ["fold", "alpha", "inner_mae", "outer_mae", "trials"]
    assert [row[0] for row in told.tables["folds"].rows] == ["1", "2", "3", "4", "final"]


def comparable(result: ExperimentResult) -> dict[str, Any]:
    return result.model_dump(include={"params", "cv", "test", "nested", "n_trials", "trials", "intervals"})


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_bits_and_counts_every_trial(tmp_path: Path) -> None:
    text = SMALL.format(name="nested-workers", split="cv: {folds: 2}, inner: {folds: 2}", alpha="{log_uniform: [0.01, 100.0]}")
    text += "audit: off\ntuning: {method: tpe, trials: 11, seed: 3}\nintervals: {method: conformal, coverage: 0.8}\n"
    last: list[StudyStatus] = []
    results = [
        run_study(parse_spec(f"{text}resources: {{cpus: {cpus}}}\n"), base=tmp_path, fresh=True, listener=lambda e: last.append(e.status))
        for cpus in (1, 2)
    ]
    one, two = (outcome.result.experiments[0] for outcome in results)
    assert comparable(one) == comparable(two)
    assert [fold.params for fold in one.nested if fold.fold] != [one.params] * 2
    assert (last[-1].trials_done, last[-1].trials_total) == (33, 33)
    assert all(status.trials_done <= 33 and status.trials_total == 33 for status in last)
    rows = load_predictions(one.run_id, "cv")
    assert rows is not None
    errors = rows.group_by("fold").agg((pl.col("predicted") - pl.col("actual")).abs().mean().alias("mae")).sort("fold")["mae"]
    assert errors.to_list() == pytest.approx(one.cv["mae"].folds, rel=1e-9)


KILLED = """
import os, signal, sys
from dsframework.spec import parse_spec
from dsframework.study import run_study

def listener(event):
    if event.kind == "trial_finished" and event.trial.number == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

run_study(parse_spec(open("spec.yaml").read()), base=sys.argv[1], listener=listener)
"""


def recorded(home: Path) -> list[str]:
    """What is recorded whole: trials, and scores of outer folds whose predictions are there."""
    lines = {
        line for pattern in ("trials/*.jsonl", "trials.jsonl") for path in home.rglob(pattern) for line in path.read_text().splitlines()
    }
    found = []
    for trial in (json.loads(json.loads(line)["trial"]) for line in lines):
        assert trial["part"] == "trial" or any(home.rglob(f"*{trial['number']:05d}.*"))
        found.append(trial["part"])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", [2, 8])
def test_a_killed_run_goes_on_and_fits_no_recorded_trial_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int) -> None:
    """Killed at a trial inside the second fold, and at the last one before the final test, when the folds' own scores are there."""
    text = SMALL.format(name="nested-killed", split="cv: {folds: 2}, inner: {folds: 2}", alpha="[0.01, 10.0, 1000.0]") + "audit: off\n"
    (tmp_path / "spec.yaml").write_text(text)
    home = str(tmp_path / "home")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(killed_at)],
        cwd=tmp_path,
        env={**os.environ, "TSML_HOME": home},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    before = recorded(tmp_path / "home")
    fits: list[int] = []
    learn = Ridge.fit
    monkeypatch.setattr(Ridge, "fit", lambda self, x, y, **more: fits.append(len(x)) or learn(self, x, y, **more))
    whole = run_study(parse_spec(text), base=tmp_path, executor="threads", fresh=True)
    assert len(fits) == 9 * 2 + 2 + 1, "nine trials on two folds each, two folds, and the final fit"
    fits.clear()
    monkeypatch.setenv("TSML_HOME", home)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    again = run_study(parse_spec(text), base=tmp_path, executor="threads")
    most = 2 * (9 - before.count("trial")) + (2 - before.count("outer")) + 1
    assert 1 <= len(fits) <= most, "fits that had ended are kept, also those of trials that had not"
    assert sorted(recorded(tmp_path / "home")) == ["outer"] * 2 + ["trial"] * 9
    assert comparable(again.result.experiments[0]) == comparable(whole.result.experiments[0])


GUESS = """
import numpy as np

class Guess:
    def __init__(self, number=0):
        self.number = number

    def fit(self, X, y):
        return self

    def predict(self, X):
        seeds = (np.abs(X[:, 0]) * 1e6).astype(int)
        return np.array([np.random.default_rng([self.number, seed]).choice([-1.0, 1.0]) for seed in seeds])
"""


def test_the_best_of_many_guesses_looks_good_to_plain_folds_and_not_to_nested_ones(tmp_path: Path) -> None:
    """Guesses of noise: whichever is chosen, its expected error is that of all, which only nested folds tell."""
    random = np.random.default_rng(5)
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 6, 28), eager=True).alias("date")
    y = random.choice([-1.0, 1.0], size=len(days))
    frame = pl.DataFrame({"date": days, "a": random.normal(size=len(days)), "y": y})
    (tmp_path / "guessing_model.py").write_text(GUESS)
    frame.write_csv(tmp_path / "noisy.csv")
    text = """
version: 1
name: guesses
task: regression
data: {loader: csv, path: noisy.csv, time: date}
target: {column: y, horizon: 1}
features:
  - lag: {columns: [a], periods: [0]}
split: {test: 0.2, cv: {folds: 3}}
models:
  - python: {class: guessing_model.Guess, arguments: {number: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]}}
metrics: [mae]
audit: off
"""
    plain = run_study(parse_spec(text), base=tmp_path).result.experiments[0]
    nested_text = text.replace("cv: {folds: 3}", "cv: {folds: 3}, inner: {folds: 2}")
    nested = run_study(parse_spec(nested_text), base=tmp_path).result.experiments[0]
    told = next(one for one in nested.evaluation if one.name == "nested")
    assert plain.cv["mae"].mean < 0.9 < nested.cv["mae"].mean  # type: ignore[operator]
    assert nested.cv["mae"].mean == pytest.approx(1.0, abs=0.12)
    assert told.figures["optimism"] > 0.1  # type: ignore[operator]
    assert "too good" in told.notes[0]


@pytest.mark.parametrize(
    ("cv", "n_searches"),
    [
        ("{folds: 2, test_size: 20, refit: 2}", 2),
        ("{method: combinatorial_purged, blocks: 3, test_blocks: 2}", 4),
        ("{folds: 2, groups: {count: 2}}", 5),
    ],
)
def test_every_fit_of_the_folds_is_tuned_once_and_nothing_leaks(tmp_path: Path, cv: str, n_searches: int) -> None:
    text = SMALL.format(name="nested-splits", split=f"cv: {cv}, inner: {{folds: 2, embargo: 1}}", alpha="[0.1, 100.0]")
    found = run_study(parse_spec(text), base=tmp_path).result.experiments[0]
    assert found.error is None
    assert found.n_trials == 2 * n_searches
    assert found.audit is not None
    verdicts = {check.name: check.verdict for check in found.audit.checks}
    assert (verdicts["labels"], verdicts["fold"]) == ("clean", "clean")
    assert len(found.nested) == len(found.cv["mae"].folds) + 1
    assert reproduce(found.run_id).verdict == "identical"


def test_a_model_without_anything_to_tune_gets_plain_folds(tmp_path: Path) -> None:
    text = SMALL.format(name="nested-beside", split="cv: {folds: 2}, inner: {folds: 2}", alpha="[0.1, 100.0]") + "audit: off\n"
    beside = run_study(parse_spec(text.replace("metrics", "  - linear_regression\nmetrics")), base=tmp_path).result
    alone = run_study(
        parse_spec(text.replace(", inner: {folds: 2}", "").replace("ridge: {alpha: [0.1, 100.0]}", "linear_regression")), base=tmp_path
    )
    assert (beside.experiments[1].nested, beside.experiments[1].n_trials) == ([], 1)
    assert beside.experiments[1].cv == alone.result.experiments[0].cv
    assert beside.trials is not None
    assert (beside.trials.n_trials, beside.trials.sentence.startswith("2 experiments were tried")) == (2, True)


def test_a_training_part_that_is_too_short_for_inner_folds_is_named(tmp_path: Path) -> None:
    text = SMALL.format(name="nested-short", split="cv: {folds: 10}, inner: {folds: 40}", alpha="[0.1, 100.0]")
    with pytest.raises(SplitError, match=r"fold 1") as caught:
        run_study(parse_spec(text), base=tmp_path)
    assert (caught.value.field or "").startswith("split.inner")


BREAKING = """
import numpy as np

class Breaking:
    def __init__(self, number=0, at=0):
        self.number, self.at = number, at

    def fit(self, X, y):
        if self.at in (0, len(X)):
            raise ValueError(f"no {len(X)} rows")
        return self

    def predict(self, X):
        return np.full(len(X), float(self.number))
"""


@pytest.mark.parametrize(("at", "said"), [(0, "no trial finished inside fold "), (57, "no 57 rows")])
def test_an_experiment_fails_where_a_fold_has_no_point_or_can_not_be_predicted(tmp_path: Path, at: int, said: str) -> None:
    """With 57 rows only the second fold's own fit breaks, after its tuning went well."""
    noisy(tmp_path)
    (tmp_path / "breaking_model.py").write_text(BREAKING)
    text = ORACLE.replace("name: nested-oracle", f"name: nested-breaking-{at}").replace(
        "ridge: {alpha: [0.1, 30.0, 100.0, 300.0, 1000.0]}",
        f"python: {{class: breaking_model.Breaking, arguments: {{number: [1, 2], at: {at}}}}}",
    )
    text = text.replace("{test: 0.2, cv: {folds: 4}, inner: {folds: 3}}", "{test: 0.3, cv: {folds: 3}, inner: {folds: 2}}")
    result = run_study(parse_spec(text), base=tmp_path).result
    assert (result.status, result.best) == ("failed", None)
    assert said in (result.experiments[0].error or "")
