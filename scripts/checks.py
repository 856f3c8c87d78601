"""Run every check: linters and type checkers side by side, the TypeScript tests, then pytest in two parts, each with its own summary.

.venv/bin/python scripts/checks.py all [pytest arguments]
.venv/bin/python scripts/checks.py lint
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from things import ROOT, say

BIN = ROOT / ".venv" / "bin"


@dataclass(frozen=True)
class Check:
    """One program that must end with code 0."""

    name: str
    command: tuple[str, ...]


ALONE = "ray or airflow or ui"
"""Markers of the tests that start programs of their own on every core."""
NOTHING_SELECTED = 5
"""Pytest's exit code where its arguments chose no test."""

PYTHON_LINT = (
    Check("ruff", ("ruff", "check", ".")),
    Check("ruff format", ("ruff", "format", "--check", ".")),
    Check("mypy", ("mypy",)),
    Check("import-linter", ("lint-imports", "--cache-dir", ".cache/import-linter")),
)
NODE_LINT = (Check("eslint, prettier, stylelint", ("jlpm", "lint:check")),)
NODE_TESTS = (Check("jest", ("jlpm", "test")),)


def environment() -> dict[str, str]:
    """Return the environment with the programs of `.venv` first on the PATH."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def run_lane(lane: tuple[Check, ...]) -> list[str]:
    """Run checks one after another, print one line each and the output of what fails; return the names of what failed."""
    failed = []
    for check in lane:
        started = time.monotonic()
        done = subprocess.run(
            [str(BIN / check.command[0]), *check.command[1:]],
            check=False,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        verdict = "FAILED" if done.returncode else "passed"
        text = done.stdout.rstrip()
        shown = f"\n{text}" if done.returncode else _summary_of(check, text)
        say(f"checks: {check.name}: {verdict} after {time.monotonic() - started:.0f} s{shown}")
        if done.returncode:
            failed.append(check.name)
    return failed


def _summary_of(check: Check, text: str) -> str:
    if check.name != "jest":
        return ""
    counts = [line.strip() for line in text.splitlines() if line.startswith(("Tests:", "Test Suites:"))]
    return f" ({'; '.join(counts)})" if counts else ""


def run_pytest(arguments: list[str]) -> int:
    """Run every test, first those that share the cores, then those that want the machine for themselves; return the exit code."""
    workers = str(min(os.cpu_count() or 1, 4))
    parts = (
        ("pytest, side by side", ("-n", workers, "--dist", "loadfile", "-m", f"not ({ALONE})")),
        ("pytest, one at a time: Ray, Airflow, the real browser", ("-m", ALONE)),
    )
    codes = []
    for title, options in parts:
        say(f"checks: {title}")
        command = [str(BIN / "python"), "-m", "pytest", *options, *arguments]
        codes.append(subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode)
    if all(code == NOTHING_SELECTED for code in codes):
        return NOTHING_SELECTED
    return next((code for code in codes if code not in (0, NOTHING_SELECTED)), 0)


def main(arguments: list[str]) -> int:
    """Run the checks that the first argument names (``all`` or ``lint``); return the exit code."""
    what, rest = (arguments[0], arguments[1:]) if arguments else ("all", [])
    lanes = (PYTHON_LINT, (*NODE_TESTS, *NODE_LINT) if what == "all" else NODE_LINT)
    with ThreadPoolExecutor(len(lanes)) as pool:
        failed = [name for names in pool.map(run_lane, lanes) for name in names]
    code = 1 if failed else 0
    if what == "all":
        code = run_pytest(rest) or code
    if failed:
        say(f"checks: FAILED: {', '.join(failed)} (see above)")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
