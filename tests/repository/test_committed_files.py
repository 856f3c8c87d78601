"""What git holds: no machine's path, no build output, every architecture contract in force."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = {".py", ".ts", ".tsx", ".md", ".json", ".toml", ".yaml", ".yml", ".css", ".js", ".mjs", ".cjs", ".sh", ".txt", ".ipynb", ""}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|opt/(?:wheels|pypi))/")


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not a git checkout: {done.stderr.strip()}")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_committed_file_names_a_machines_path(committed: list[Path]) -> None:
    found = []
    for path in committed:
        if path.suffix in TEXT and path != Path(__file__):
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if MACHINE_PATH.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_no_build_output_is_committed(committed: list[Path]) -> None:
    built = re.compile(r"(^|/)(labextension|node_modules|__pycache__|\.venv)/|\.(map|pyc|tsbuildinfo)$")
    assert [str(path.relative_to(ROOT)) for path in committed if built.search(str(path.relative_to(ROOT)))] == []


def test_notebooks_are_stored_without_outputs(committed: list[Path]) -> None:
    import nbformat

    for path in (path for path in committed if path.suffix == ".ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert cell.get("outputs", []) == [], path.name
            assert cell.get("execution_count") is None, path.name


def test_yarn_lock_records_no_download_address(committed: list[Path]) -> None:
    lock = ROOT / "yarn.lock"
    assert lock in committed
    assert re.findall(r"resolution:.*https?://|__archiveUrl", lock.read_text()) == []


def test_every_pin_satisfies_the_declared_dependencies() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "requirements" / "lab.txt").read_text().splitlines()
    pins = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines if "==" in line)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(text) for text in project["dependencies"]]
    wanted += [
        Requirement(text)
        for extra in ("ray", "boosting", "search", "statistics", "tsfresh", "test", "docs")
        for text in project["optional-dependencies"][extra]
    ]
    unmet = [str(one) for one in wanted if not one.specifier.contains(pins.get(canonicalize_name(one.name), "0"), prereleases=True)]
    assert unmet == []
