"""Modules of the same name in several folders: each study gets its own, and nobody else is told."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsframework.errors import ModelError
from dsframework.own_code import import_own, look_in, looks_by_itself, study_folders

NAMES = ("same_name", "same_helper", "same_package", "same_package.inner")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folders a, b and c with modules of the same names; c is the current one."""
    for name in ("a", "b", "c"):
        (tmp_path / name / "same_package").mkdir(parents=True)
        (tmp_path / name / "same_name.py").write_text("import same_helper\nVALUE = same_helper.VALUE\n")
        (tmp_path / name / "same_helper.py").write_text(f"VALUE = {name!r}\n")
        (tmp_path / name / "same_package" / "__init__.py").touch()
        (tmp_path / name / "same_package" / "inner.py").write_text(f"VALUE = {name!r}\n")
    monkeypatch.chdir(tmp_path / "c")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a folder that changes has all that is installed read again
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    yield tmp_path
    for name in NAMES:
        sys.modules.pop(name, None)


def value(module: str = "same_name") -> str:
    return str(import_own(module, f"{module}.Any", error=ModelError, field="models.python.class").VALUE)


def not_added() -> list[str]:
    return [path for path in sys.path if path not in study_folders()]


@looks_by_itself
def value_of(folder: Path, module: str = "same_name") -> str:
    look_in(str(folder))
    return value(module)


@pytest.mark.parametrize("module", ["same_name", "same_package.inner"])
def test_a_studys_own_folder_comes_first_and_only_for_that_study(folders: Path, module: str) -> None:
    assert value(module) == "c"
    assert [value_of(folders / name, module) for name in "abab"] == ["a", "b", "a", "b"]
    assert value(module) == "c"


def test_in_a_notebook_the_current_folder_comes_behind_the_studys_as_well(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    before = not_added()
    assert (value_of(folders / "a"), value(), value_of(folders / "b")) == ("a", "c", "b")
    assert not_added() == before, "what the notebook imports itself is found where it was"


def test_a_module_that_somebody_else_imported_from_another_folder_is_not_taken(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [str(folders / "a"), *sys.path])
        importlib.invalidate_caches()
        assert importlib.import_module("same_name").VALUE == "a"
    assert value() == "c"


def test_an_installed_module_is_not_hidden_by_one_of_a_study(folders: Path) -> None:
    (folders / "a" / "colorsys.py").write_text("VALUE = 'a'\n")
    look_in(str(folders / "a"))
    assert not hasattr(import_own("colorsys", "colorsys.Any", error=ModelError, field="models.python.class"), "VALUE")
