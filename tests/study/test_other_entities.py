"""Models whose features read other entities, and tests of several blocks: they run, are stored, and are not accused."""

from __future__ import annotations

import pytest

from dsframework.data import load_panel
from dsframework.spec import SampleData, spec_from_dict
from dsframework.study import run_study
from dsframework.tracking import load_pipeline

DOCUMENT = {
    "name": "others",
    "task": "regression",
    "data": {"loader": "sample", "n_entities": 4, "n_days": 160},
    "target": {"column": "volume", "transform": "log_ratio"},
    "features": [{"returns": {"columns": ["volume"], "periods": [1, 5], "log": True}}],
    "split": {"test": 0.2, "cv": {"folds": 2}},
    "models": ["ridge"],
    "metrics": ["mae"],
}


@pytest.mark.parametrize("asked", [{"means": ["others"]}, {"entities": ["AAD"]}, {"entities": ["AAB"], "lags": [3], "means": ["market"]}])
def test_a_model_that_reads_other_entities_is_stored_and_predicts(asked: dict[str, list[str]]) -> None:
    more = {"cross_asset": {"columns": ["volume_log_return_1"], **asked}}
    result = run_study(spec_from_dict({**DOCUMENT, "features": [*DOCUMENT["features"], more]}))
    assert [(one.status, one.error) for one in result.result.experiments] == [("finished", None)]
    panel = load_panel(SampleData(n_entities=4, n_days=160)).frame
    assert result.best is not None
    assert load_pipeline(result.best.run_id).predict(panel).height == 4


def test_rows_between_two_blocks_of_a_test_do_not_overlap_it() -> None:
    cv = {"method": "combinatorial_purged", "blocks": 4, "test_blocks": 2}
    target = {**DOCUMENT["target"], "horizon": 3}
    best = run_study(spec_from_dict({**DOCUMENT, "target": target, "split": {"test": 0.2, "cv": cv}})).best
    assert best is not None
    assert best.audit is not None
    (labels,) = [check for check in best.audit.checks if check.name == "labels"]
    assert (labels.verdict, labels.detail) == ("clean", "no training label overlaps its test in 7 folds")
