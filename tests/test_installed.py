"""What the installed packages add is read again when one comes or goes, and not when any other file does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dsframework import installed


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where modules are found, such as that of a study."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def misses() -> int:
    return installed._packages.cache_info().misses


def install(place: Path, name: str, version: str = "1.0") -> Path:
    folder = place / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (folder / "entry_points.txt").write_text(f"[jupyterlab_tsml.models]\n{name} = {name}:Model\n", encoding="utf-8")
    (folder / "top_level.txt").write_text(f"{name}\n", encoding="utf-8")
    return folder


def later(place: Path) -> None:
    """Let the folder's time be another, whatever the file system's clock can tell apart."""
    now = place.stat().st_mtime_ns
    os.utime(place, ns=(now, now + 1_000_000))


def test_a_file_that_comes_and_goes_in_a_study_s_folder_lets_nothing_be_read_again(place: Path) -> None:
    installed.distributions()
    before = misses()
    for number in range(3):
        journal = place / "mlflow.db-journal"
        journal.write_text(str(number), encoding="utf-8")
        later(place)
        installed.distributions()
        journal.unlink()
        later(place)
        installed.distributions()
    assert misses() == before


def test_a_package_is_seen_when_it_comes_and_when_it_goes(place: Path) -> None:
    assert "tsml_speed" not in installed.added_by_packages("jupyterlab_tsml.models")
    folder = install(place, "tsml_speed")
    later(place)
    assert "tsml_speed" in installed.added_by_packages("jupyterlab_tsml.models")
    assert installed.distributions()["tsml_speed"] == ["tsml_speed"]
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    later(place)
    assert "tsml_speed" not in installed.added_by_packages("jupyterlab_tsml.models")
