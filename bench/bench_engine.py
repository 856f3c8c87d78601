"""What a study costs beside its fits, next to scikit-learn's `GridSearchCV` on the same work in the same run.

    .venv/bin/python bench/bench_engine.py [PART ...] [--repeat 5] [--rows 100000] [--megabytes 500]

Every part prints one line. ``trials``: 400 fits of 1 ms; ``parallel``: 40 fits of 100 ms; both as whole studies, recorded in MLflow, whose
fixed cost (data, final fit, the stored model) is taken off by a study of four trials. ``first``: seconds until the first trial of a study
in a warm process without workers. ``boosting``, or the name of a booster: 54 settings x 5 folds on ``--rows`` rows, whether the scores
agree, and the fits' share by size of the trees. ``recording``: what the record of 1,000 trials of 100 ms costs. ``memory``: what the
workers have together at most, beside what they had before, while linear models are fitted on a matrix of ``--megabytes``. ``dispatch``: a
thousand workers that do nothing. ``pruning``: searches of 100 points in full, beside early stopping and pruning (only where it is asked
for). Medians of ``--repeat`` runs; what is written goes to a folder that is removed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine_boosting import BOOSTERS, bench_boosting
from engine_dispatch import bench_dispatch
from engine_memory import bench_memory
from engine_trials import bench_first, bench_recording, bench_slope
from pruning_search import bench_pruning

PARTS = ("trials", "parallel", "first", "boosting", "recording", "memory", "dispatch", "pruning", *BOOSTERS)
USUAL = ("trials", "parallel", "first", "boosting", "recording", "memory", "dispatch")


def lines(part: str, folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Run a part."""
    if part == "trials":
        yield bench_slope(folder, 400, 0.001, options.repeat)
    elif part == "parallel":
        yield bench_slope(folder, 40, 0.1, options.repeat)
    elif part == "first":
        yield bench_first(folder, options.repeat)
    elif part == "recording":
        yield bench_recording(folder, 1000, 0.1)
    elif part == "memory":
        yield from (bench_memory(options.megabytes, workers) for workers in (2, 4))
    elif part == "dispatch":
        yield bench_dispatch(100_000, 1000)
    elif part == "pruning":
        yield bench_pruning(folder)
    else:
        yield from (bench_boosting(folder, name, options.rows) for name in ([part] if part in BOOSTERS else BOOSTERS))


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the part 'boosting'")
    parser.add_argument("--megabytes", type=int, default=500, help="size of the matrix in the part 'memory'")
    options = parser.parse_args()
    models = Path(__file__).parent  # workers read their module there
    os.environ["PYTHONPATH"] = os.pathsep.join([str(models), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory(prefix="tsml-bench-") as home:
        os.environ["TSML_HOME"] = home
        for part in options.parts or USUAL:
            for line in lines(part, Path(home), options):
                print(line, flush=True)


if __name__ == "__main__":
    main()
