"""Studies without a target: clusters of entities and of days, and anomalies, from the document to a stored model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score, silhouette_score

from dsframework.data import load_panel
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, reproduce, run_study
from dsframework.tracking import load_predictions

CLUSTERS = """
version: 1
name: {name}
task: clustering
data: {{loader: sample, n_entities: 12, n_days: 120, seed: 4}}
{target}
features:
  - returns: {{columns: [close], periods: [1]}}
  - summary: {{columns: [close_return_1, volume], stats: [mean, std], over: {over}}}
preprocessing: [standard_scale]
models:
  - kmeans: {{n_clusters: {{int: [2, 5]}}}}
tuning: {{method: grid, metric: silhouette}}
"""

ANOMALY = """
version: 1
name: unusual
task: anomaly
data: {loader: sample, n_entities: 3, n_days: 200, seed: 4}
features:
  - returns: {columns: [close], periods: [1]}
  - rolling: {columns: [volume], windows: [10], stats: [zscore]}
preprocessing: [standard_scale]
split: {test: 0.2, cv: {folds: 2}}
models:
  - isolation_forest: {n_estimators: 20, contamination: 0.05}
  - local_outlier_factor: {n_neighbors: 20, contamination: 0.05}
"""


def sample_rows(folder: Path) -> pl.DataFrame:
    spec = parse_spec(CLUSTERS.format(name="n", over="entity", target=""))
    assert spec.data is not None
    return load_panel(spec.data, base=folder).frame


def by_hand(frame: pl.DataFrame, over: str) -> tuple[list[str], np.ndarray]:
    """The standardised summary of every entity or day, in the order of the names."""
    rows = frame.sort("time", "ticker").with_columns((pl.col("close") / pl.col("close").shift(1) - 1).over("ticker").alias("r"))
    key = "ticker" if over == "entity" else "time"
    columns = [getattr(pl.col(name), stat)().alias(f"{name}_{stat}") for name in ("r", "volume") for stat in ("mean", "std")]
    found = rows.group_by(key).agg(columns).sort(key)
    x = found.drop(key).to_numpy()
    return found[key].cast(pl.String).to_list(), (x - x.mean(axis=0)) / x.std(axis=0)


@pytest.fixture(scope="module")
def of_entities(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    folder = tmp_path_factory.mktemp("clusters")
    return run_study(parse_spec(CLUSTERS.format(name="clusters", over="entity", target="")), base=folder)


def test_the_number_of_clusters_is_the_one_with_the_best_silhouette(of_entities: StudyOutcome, tmp_path: Path) -> None:
    names, x = by_hand(sample_rows(tmp_path), "entity")
    scores = {k: silhouette_score(x, KMeans(k, n_init=20, random_state=0).fit_predict(x)) for k in range(2, 6)}
    found = of_entities.result.experiments[0]
    assert found.status == "finished"
    assert found.n_trials == 4
    assert found.params["n_clusters"] == max(scores, key=lambda k: scores[k])
    assert found.test["silhouette"] == pytest.approx(max(scores.values()), abs=1e-9)
    assert found.cv["silhouette"].folds == [found.test["silhouette"]]
    assert found.n_train == found.n_test == len(names)
    assert set(found.test) == {"silhouette", "davies_bouldin", "calinski_harabasz"}


def test_the_clusters_are_recorded_and_the_stored_model_says_the_same(of_entities: StudyOutcome, tmp_path: Path) -> None:
    best = of_entities.best
    assert best is not None
    recorded = load_predictions(best.run_id, "test")
    assert recorded is not None
    assert recorded["entity"].n_unique() == recorded.height == 12
    again = of_entities.predict(sample_rows(tmp_path))
    assert dict(zip(again["ticker"], again["prediction"], strict=True)) == dict(zip(recorded["entity"], recorded["predicted"], strict=True))
    assert set(recorded["predicted"].to_list()) == set(range(best.params["n_clusters"]))


def test_a_clustering_is_reproduced_to_the_last_bit(of_entities: StudyOutcome) -> None:
    assert of_entities.best is not None
    assert reproduce(of_entities.best.run_id).verdict == "identical"


def test_days_are_clustered_as_well(tmp_path: Path) -> None:
    text = CLUSTERS.format(name="days", over="day", target="").replace("[standard_scale]", "[impute, standard_scale]")
    outcome = run_study(parse_spec(text), base=tmp_path)  # the first day has no return
    found = outcome.result.experiments[0]
    assert (found.status, found.error) == ("finished", None)
    rows = sample_rows(tmp_path)
    assert found.n_train == rows["time"].n_unique()
    said = outcome.predict(rows)
    assert said.columns == ["time", "prediction"]
    assert said.height == found.n_train


def test_clusters_are_compared_with_a_column_that_says_what_is_true(tmp_path: Path) -> None:
    rows = sample_rows(tmp_path).with_columns((pl.col("volume").mean().over("ticker") > pl.col("volume").mean()).alias("big"))
    text = CLUSTERS.format(name="labelled", over="entity", target="target: {column: big}").replace(
        "{loader: sample, n_entities: 12, n_days: 120, seed: 4}", "{loader: frame, frame: rows, time: time, entity: ticker}"
    )
    found = run_study(parse_spec(text + "metrics: [silhouette, nmi, adjusted_rand]\n"), base=tmp_path, frames={"rows": rows})
    test = found.result.experiments[0].test
    names, _ = by_hand(rows, "entity")
    recorded = load_predictions(found.result.experiments[0].run_id, "test")
    assert recorded is not None
    big = dict(rows.group_by("ticker").agg(pl.col("big").first()).iter_rows())
    labels = [big[name] for name in recorded["entity"]]
    assert sorted(recorded["entity"]) == names
    assert test["nmi"] == pytest.approx(normalized_mutual_info_score(labels, recorded["predicted"]), abs=1e-12)


def test_anomalies_are_scored_flagged_stored_and_told_again(tmp_path: Path) -> None:
    outcome = run_study(parse_spec(ANOMALY), base=tmp_path)
    rows = sample_rows(tmp_path).filter(pl.col("ticker").is_in(sorted(set(sample_rows(tmp_path)["ticker"]))[:3]))
    for found in outcome.result.experiments:
        assert (found.status, found.error) == ("finished", None)
        recorded = load_predictions(found.run_id, "test")
        assert recorded is not None
        assert 0 < recorded["flagged"].sum() < recorded.height
        said = outcome.predict(rows, run_id=found.run_id, every_row=True)
        assert {"prediction", "flagged"} <= set(said.columns)
        assert said["prediction"].is_finite().all()
