"""Set-up makes a thing once, again when what it is made from changes, and says what a machine can't provide."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import `scripts/things.py` with a root and a state folder of its own."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.delitem(sys.modules, "things", raising=False)
    module = importlib.import_module("things")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "STATE", tmp_path / "state")
    monkeypatch.delenv("CI", raising=False)
    return module


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("one")
    return path


@pytest.fixture
def copier(things: ModuleType, source: Path, tmp_path: Path) -> Callable[..., Any]:
    """Return a maker of a thing that copies the source and counts its calls in `made`."""

    def build(made: list[str], name: str = "copy", **more: Any) -> Any:
        target = tmp_path / name

        def make(log: Path) -> None:
            made.append(name)
            target.write_bytes(source.read_bytes())

        return things.Thing(name, target.exists, lambda: things.content_key([source]), make, **more)

    return build


def test_second_call_makes_nothing_and_says_so(things: Any, copier: Any, capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []
    assert things.make_all([copier(made)])
    capsys.readouterr()
    assert things.make_all([copier(made)])
    assert made == ["copy"]
    assert "everything is up to date" in capsys.readouterr().out


def test_changed_source_is_made_again(things: Any, copier: Any, source: Path, tmp_path: Path) -> None:
    made: list[str] = []
    things.make_all([copier(made)])
    source.write_text("two")
    things.make_all([copier(made)])
    assert made == ["copy", "copy"]
    assert (tmp_path / "copy").read_text() == "two"


def test_removed_result_is_made_again(things: Any, copier: Any, tmp_path: Path) -> None:
    made: list[str] = []
    things.make_all([copier(made)])
    (tmp_path / "copy").unlink()
    things.make_all([copier(made)])
    assert made == ["copy", "copy"]


def test_a_thing_waits_for_what_it_comes_after(things: Any, copier: Any) -> None:
    made: list[str] = []
    assert things.make_all([copier(made, "first"), copier(made, "second", after=("first",))])
    assert made == ["first", "second"]


def failing(things: Any, **more: Any) -> Any:
    def make(log: Path) -> None:
        things.run_logged([sys.executable, "-c", "import sys; print('no such mirror'); sys.exit(3)"], log)

    return things.Thing("failing", lambda: False, lambda: "key", make, **more)


def test_failure_shows_the_end_of_the_log_and_stops_what_comes_after(
    things: Any, copier: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []
    assert not things.make_all([failing(things), copier(made, "later", after=("failing",))])
    assert made == []
    said = capsys.readouterr().out
    assert "FAILED" in said
    assert "no such mirror" in said
    assert not (tmp_path / "state" / "failing.key").exists()


def test_what_a_machine_cannot_provide_is_named_with_its_reason(things: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert things.make_all([failing(things, serves="the browser test")])
    said = capsys.readouterr().out
    assert "the browser test will be skipped" in said
    assert "no such mirror" in said


def test_ci_does_without_nothing(things: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert not things.make_all([failing(things, serves="the browser test")])
