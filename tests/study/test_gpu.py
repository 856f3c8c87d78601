"""Studies in the pool `gpu`, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsframework.errors import ExecutorError
from dsframework.models import gpu_count
from dsframework.spec import parse_spec
from dsframework.study import run_study

SPEC = """
version: 1
name: gpu-{model}-{pool}
task: regression
data: {{loader: sample, n_entities: 8, n_days: 400, seed: 2}}
target: {{column: volume, transform: log}}
features: [{{lag: {{columns: [volume], periods: {{range: [0, 10]}}}}}}]
preprocessing: [standard_scale]
split: {{test: 0.2, cv: {{folds: 2}}}}
models: [{{{model}: {arguments}}}]
resources: {{pool: {pool}}}
metrics: [mae]
audit: 'off'
"""


MODELS = {
    "xgboost": "{n_estimators: 50, max_depth: [3, 5]}",
    "catboost": "{iterations: 50, depth: [3, 5]}",
    "keras_mlp": "{hidden: [32], epochs: 5}",
    "torch_mlp": "{hidden: [32], epochs: 5}",
}


def score(model: str, pool: str, folder: Path) -> float | None:
    spec = parse_spec(SPEC.format(model=model, arguments=MODELS[model], pool=pool))
    (experiment,) = run_study(spec, base=folder).result.experiments
    assert experiment.status == "finished", experiment.error
    return experiment.cv["mae"].mean


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_a_study_in_the_pool_gpu_scores_as_on_the_cpu_or_is_refused(model: str, tmp_path: Path) -> None:
    if gpu_count() == 0:
        with pytest.raises(ExecutorError, match=r"a fit asks for 1 CPU and 1 GPU, this machine has .* and no GPU"):
            score(model, "gpu", tmp_path)
    else:
        assert score(model, "gpu", tmp_path) == pytest.approx(score(model, "cpu", tmp_path), rel=0.1)
