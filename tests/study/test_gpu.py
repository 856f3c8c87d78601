"""Studies in the pool `gpu`, where there is one."""

from __future__ import annotations

import pytest

from dsframework.models import gpu_count
from dsframework.spec import parse_spec
from dsframework.study import run_study

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(gpu_count() == 0, reason="this machine has no GPU that CUDA can use")]
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("xgboost", "{n_estimators: 50, max_depth: [3, 5]}"),
        ("catboost", "{iterations: 50, depth: [3, 5]}"),
        ("keras_mlp", "{hidden: [32], epochs: 5}"),
        ("torch_mlp", "{hidden: [32], epochs: 5}"),
    ],
)
def test_a_study_on_the_gpu_scores_like_one_on_the_cpu(model, arguments, tmp_path):
    scores = {}
    for pool in ("gpu", "cpu"):
        spec = parse_spec(SPEC.format(model=model, arguments=arguments, pool=pool))
        (experiment,) = run_study(spec, base=tmp_path).result.experiments
        assert experiment.status == "finished", experiment.error
        scores[pool] = experiment.cv["mae"].mean
    assert scores["gpu"] == pytest.approx(scores["cpu"], rel=0.1)
