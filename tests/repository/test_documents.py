"""README and documentation: what they show runs, and the site builds without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dsframework.errors import SpecError
from dsframework.spec import parse_spec
from dsframework.study import run_study

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(version: 1\n.*?)^```", re.MULTILINE | re.DOTALL)


def documents() -> dict[str, str]:
    """Return every spec that README and documentation show, by file."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {file.name: text for file in files for text in BLOCK.findall(file.read_text())}


def test_readme_and_the_first_page_show_a_document() -> None:
    assert {"README.md", "first_experiment.md"} <= set(documents())


@pytest.mark.parametrize("file", documents())
def test_a_document_that_is_shown_runs_and_beats_the_naive_forecasts(file: str, tmp_path: Path) -> None:
    (experiment,) = run_study(parse_spec(documents()[file]), base=tmp_path).result.experiments
    assert experiment.status == "finished"
    assert experiment.beats_baselines


def test_the_mistake_that_the_first_page_shows_is_answered_as_it_says() -> None:
    page = (ROOT / "docs" / "first_experiment.md").read_text()
    shown = re.search(r"^first\.tsml\.yaml:(\d+): (.*)$", page, re.MULTILINE)
    assert shown is not None
    with pytest.raises(SpecError) as caught:
        parse_spec(documents()["first_experiment.md"].replace("periods", "period"), source="first.tsml.yaml")
    assert shown[0] in str(caught.value).splitlines()


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", "docs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "volume_lag_4" in (tmp_path / "first_experiment.html").read_text()
    assert "--dags-folder" in (tmp_path / "reference" / "command_line.html").read_text()
