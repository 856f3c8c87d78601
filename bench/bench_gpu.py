"""The same study with `pool: gpu` and with `pool: cpu`: how much faster each model is, and how far their scores are apart.

    .venv/bin/python bench/bench_gpu.py [xgboost|catboost|keras_mlp|torch_mlp|torch_lstm ...] [--rows 400000] [--executor local|ray]

A line a model: the wall time of the whole study on the GPUs and on all processors, their ratio, and the mean score over the folds of both,
which differ in the last digits since a GPU adds in another order. Without a GPU it says so and ends with 2.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

MODELS = {
    "xgboost": "{n_estimators: 400, max_depth: [6, 8], learning_rate: 0.05}",
    "catboost": "{iterations: 400, depth: [6, 8], learning_rate: 0.05}",
    "keras_mlp": "{hidden: [[256, 128]], epochs: 10, batch_size: 1024, learning_rate: [0.001, 0.003]}",
    "torch_mlp": "{hidden: [[256, 128]], epochs: 10, batch_size: 1024, learning_rate: [0.001, 0.003]}",
    "torch_lstm": "{hidden_size: 64, lookback: 20, epochs: 3, batch_size: 1024, learning_rate: [0.001, 0.003]}",
}
SPEC = """
version: 1
name: gpu-{model}
task: regression
data: {{loader: sample, n_entities: {entities}, n_days: 800, seed: 1}}
target: {{column: volume, transform: log}}
features:
  - lag: {{columns: [volume, close], periods: {{range: [0, 20]}}}}
  - rolling: {{columns: [volume], windows: [5, 21, 63], stats: [mean, std]}}
preprocessing: [standard_scale]
split: {{test: 0.2, cv: {{folds: 2}}}}
models: [{{{model}: {arguments}}}]
resources: {{pool: {pool}{cpus}}}
metrics: [mae]
audit: 'off'
"""


def main() -> int:
    """Run the models that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"some of {', '.join(MODELS)}; all by default")
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--executor", choices=("local", "ray"), default="local")
    options = parser.parse_args()
    if unknown := set(options.models) - MODELS.keys():
        parser.error(f"no such model: {', '.join(sorted(unknown))}")
    from dsframework.models import gpu_count

    if not gpu_count() and options.executor == "local":
        print("this machine has no GPU that CUDA can use: nothing was measured", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="tsml-bench-") as home:
        os.environ["TSML_HOME"] = home
        for model in options.models or MODELS:
            print(compared(model, options.rows, options.executor, Path(home)), flush=True)
    return 0


def compared(model: str, rows: int, executor: str, folder: Path) -> str:
    """Run the study of one model twice; a small one before each, so that workers are warm and CUDA is loaded."""
    told = {}
    for pool in ("gpu", "cpu"):
        study(model, pool, 20_000, executor, folder)
        told[pool] = study(model, pool, rows, executor, folder)
    (gpu, on_gpu), (cpu, on_cpu) = told["gpu"], told["cpu"]
    return (
        f"{model}, {rows:,} rows, 2 trials x 2 folds: GPU {gpu:.1f} s, CPU {cpu:.1f} s, {cpu / gpu:.1f} x; "
        f"mae {on_gpu:.6g} and {on_cpu:.6g}, {abs(on_gpu / on_cpu - 1):.1e} apart"
    )


def study(model: str, pool: str, rows: int, executor: str, folder: Path) -> tuple[float, float]:
    """Return the seconds that a study took and the best mean score over its folds."""
    from dsframework.spec import parse_spec
    from dsframework.study import run_study

    cpus = "" if pool == "gpu" else f", cpus: {max(1, (os.cpu_count() or 1) // 2)}"
    text = SPEC.format(model=model, arguments=MODELS[model], entities=max(2, rows // 800), pool=pool, cpus=cpus)
    started = time.perf_counter()
    (experiment,) = run_study(parse_spec(text), base=folder, executor=executor, fresh=True).result.experiments
    seconds = time.perf_counter() - started
    assert experiment.status == "finished", experiment.error
    assert experiment.cv["mae"].mean is not None
    return seconds, experiment.cv["mae"].mean


if __name__ == "__main__":
    sys.exit(main())
