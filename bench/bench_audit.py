"""The audit's share of an experiment's time: a spec of the gallery, run once with `audit: full` and once with `audit: off`.

    .venv/bin/python bench/bench_audit.py SPEC [--set a.b=c ...]

Prints one line: seconds of the study without and with the audit, the seconds that the audits report of themselves, and these as a share of
the time without. Both runs record into a folder of their own that is removed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path


def timed(path: Path, settings: list[str], audit: str) -> tuple[float, float]:
    """Run a spec afresh; returns its seconds and those that its audits report."""
    from dsframework.spec import load_spec
    from dsframework.study import run_study

    spec = load_spec(path, settings=[*settings, f"audit={audit}"])
    started = time.perf_counter()
    result = run_study(spec, base=path.resolve().parent, fresh=True).result
    seconds = time.perf_counter() - started
    failed = [experiment.error for experiment in result.experiments if experiment.error]
    if failed:
        raise SystemExit(f"an experiment failed: {failed[0]}")
    return seconds, sum(experiment.audit.seconds for experiment in result.experiments if experiment.audit)


def main() -> None:
    """Time both and print the line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("spec", type=Path)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tsml-bench-") as home:
        os.environ["TSML_HOME"] = home
        without, _ = timed(options.spec, options.settings, "'off'")
        with_audit, audits = timed(options.spec, options.settings, "full")
    share = audits / without
    print(f"{options.spec.name}: {without:.1f} s without the audit, {with_audit:.1f} s with it; audits {audits:.1f} s, {share:.1%} of it")


if __name__ == "__main__":
    main()
