"""What the command line says of trials and searches that were ended early."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsframework.cli import main

SPEC = """
version: 1
name: ended-early
task: regression
data: {loader: sample, n_entities: 2, n_days: 150, seed: 1}
target: {column: volume, transform: log}
features: [{lag: {columns: [volume], periods: [0, 1]}}]
split: {cv: {folds: 4}}
models: [{ridge: {alpha: [0.1, 1.0, 1.0e+18, 1.0e+19, 10.0]}}]
tuning: {pruning: {method: asha, startup: 2}, fits: 13}
metrics: [mae]
audit: 'off'
"""


def test_pruned_trials_and_a_spent_budget_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    assert main(["run", str(tmp_path / "spec.yaml"), "--executor", "threads"]) == 0
    said = capsys.readouterr()
    assert said.err.count("pruned after 1 fold: mae ") == 2
    assert "[4/4] ridge trial " in said.err
    table = said.out.splitlines()
    assert "pruned" in table[0]
    assert "ridge: tuning: ended by its budget (fits: 13) after 4 of 5 trials" in table
    assert any(line.startswith("4 trials were tried, 2 of them pruned") for line in table)
    assert main(["status"]) == 0
    assert "trials_pruned" in capsys.readouterr().out
