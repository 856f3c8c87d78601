"""What a split says is what the fits of a study do: paths, groups of entities, sessions, and models that are not fitted anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dsframework.experiment import expand, fit_fold
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, run_study
from dsframework.study._prepare import Preparer
from dsframework.tracking import load_predictions

TEXT = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 4, n_days: 160, seed: 4}}
target: {{column: volume, transform: log}}
features:
  - lag: {{columns: [volume], periods: [0, 1]}}
split: {{test: 0.2, {split}}}
models: [ridge]
metrics: [mae, rmse]
audit: features
"""


def outcome_of(split: str, folder: Path) -> StudyOutcome:
    outcome = run_study(parse_spec(TEXT.format(name=f"split-{len(split)}", split=split)), base=folder)
    assert outcome.result.experiments[0].error is None
    return outcome


def out_of_fold(outcome: StudyOutcome) -> pl.DataFrame:
    found = load_predictions(outcome.result.experiments[0].run_id, "cv")
    assert found is not None
    return found


def test_every_path_is_scored_over_the_whole_time_before_the_test(tmp_path: Path) -> None:
    outcome = outcome_of("cv: {method: combinatorial_purged, blocks: 4, test_blocks: 2}", tmp_path)
    rows = out_of_fold(outcome)
    paths = next(one for one in outcome.result.experiments[0].evaluation if one.name == "paths")
    by_hand = []
    for _, part in rows.sort("path").group_by("path", maintain_order=True):
        assert part.select("time", "entity").is_duplicated().sum() == 0
        by_hand.append(float((part["predicted"] - part["actual"]).abs().mean()))  # type: ignore[arg-type]
    assert len(by_hand) == 3
    table = paths.tables["scores"]
    assert table.columns == ["path", "mae", "rmse"]
    assert [row[1] for row in table.rows] == pytest.approx(by_hand, rel=1e-9)
    assert paths.figures["mae_mean"] == pytest.approx(np.mean(by_hand), rel=1e-9)
    assert paths.figures["mae_std"] == pytest.approx(np.std(by_hand), rel=1e-9)


def test_a_fold_without_paths_has_no_scores_of_them(tmp_path: Path) -> None:
    assert outcome_of("cv: {folds: 2}", tmp_path).result.experiments[0].evaluation == []


def test_groups_are_tested_by_models_that_have_not_seen_them(tmp_path: Path) -> None:
    rows = out_of_fold(outcome_of("cv: {folds: 2, groups: {count: 2}}", tmp_path))
    of_fold = {fold: set(part["entity"]) for (fold,), part in rows.group_by("fold")}
    assert len(of_fold) == 4
    assert all(len(entities) == 2 for entities in of_fold.values())
    assert rows.group_by("time", "entity").len()["len"].max() == 1


def test_a_model_that_is_not_fitted_anew_predicts_the_windows_that_follow(tmp_path: Path) -> None:
    """The second of two windows is predicted by the model of the first, which is what one window of both lengths gives."""
    twice, once = (
        out_of_fold(outcome_of(split, tmp_path)).sort("time", "entity")
        for split in ("cv: {folds: 2, test_size: 20, refit: 2}", "cv: {folds: 1, test_size: 40}")
    )
    assert twice["fold"].n_unique() == 2
    assert twice["predicted"].to_list() == once["predicted"].to_list()


def test_a_model_is_fitted_only_when_it_is_refitted_and_says_the_same_as_one_that_is_fitted_for_every_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.linear_model import Ridge

    fits = []
    learn = Ridge.fit
    monkeypatch.setattr(Ridge, "fit", lambda self, x, y, **more: fits.append(len(x)) or learn(self, x, y, **more))
    text = TEXT.replace(", transform: log", "").format(name="refit", split="cv: {folds: 5, test_size: 8, refit: 2}")
    outcome = run_study(parse_spec(text), base=tmp_path, executor="threads")
    assert len(fits) == 3 + 1, "folds 1, 3 and 5, and the refit on all of train"
    plan = expand(parse_spec(text))[0]
    prepared = Preparer(tmp_path, {}).prepare(plan)
    alone = [fit_fold(prepared.dataset, prepared.job({}), fold) for fold in prepared.folds]
    assert len(fits) == 4 + 5
    rows = out_of_fold(outcome).sort("fold", "time", "entity", maintain_order=True)
    np.testing.assert_array_equal(rows["predicted"].to_numpy(), np.concatenate([one.forecast.point for one in alone]))
    assert outcome.result.experiments[0].cv["mae"].folds == [one.scores["mae"] for one in alone]


def test_windows_begin_and_end_with_a_month(tmp_path: Path) -> None:
    rows = out_of_fold(outcome_of("by: month, cv: {folds: 2, test_size: 1}", tmp_path))
    months = [set(part["time"].dt.strftime("%Y-%m")) for _, part in rows.group_by("fold")]
    assert all(len(month) == 1 for month in months)
