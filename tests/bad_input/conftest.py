"""A folder with a good file and a good spec, and the command line in this process: its exit code and its lines."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from dsframework.cli import main

SPEC = """\
version: 1
name: bad-input
task: regression
data: {loader: csv, path: one.csv, time: date}
target: {column: volume}
features: [lag: {columns: [volume], periods: [0, 1]}]
split: {cv: {folds: 2}}
models: [ridge]
metrics: [mae]
"""
DAYS = [dt.date(2015, 1, 1) + dt.timedelta(days=number) for number in range(120)]
VALUES = [round(1000 + 300 * math.sin(number) + number, 1) for number in range(120)]
ROWS = [f"{day},{value}" for day, value in zip(DAYS, VALUES, strict=True)]

Tsml = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "one.csv").write_text("\n".join(["date,volume", *ROWS]) + "\n")
    (tmp_path / "spec.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tsml(capfd: pytest.CaptureFixture[str]) -> Tsml:
    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        with warnings.catch_warnings():
            try:
                code = main(arguments)
            except SystemExit as leave:  # argparse
                code = int(str(leave.code))
        out, err = capfd.readouterr()
        return code, out.splitlines(), err.splitlines()

    return run
