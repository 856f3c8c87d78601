"""Fits that are kept until their trial is recorded: whole or not there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsframework.tracking import _kept
from dsframework.tracking._kept import KeptFits


@pytest.fixture
def kept() -> Iterator[Callable[..., KeptFits]]:
    """Opens files as the next process does after this one was killed: without an end of the one before."""
    opened = []

    def open_again(path: Path, *, anew: bool = False) -> KeptFits:
        opened.append(KeptFits(path, anew=anew))
        return opened[-1]

    yield open_again
    for one in opened:
        if one._file is not None:
            one._file.close()


Kept = Callable[..., KeptFits]


def test_a_fit_is_there_for_the_next_process(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "fits" / "study.fits"
    fits = kept(path)
    values = np.random.default_rng(0).normal(size=50)
    fits.keep("trial", "1", {"values": values})
    fits.keep("trial", "2", [2])
    fits.keep("other", "1", [3])
    found = kept(path).of("trial")
    assert found["1"]["values"].tobytes() == values.tobytes()
    assert found["2"] == [2]
    assert kept(path).of("nobody") == {}


def test_what_a_crash_cut_off_is_not_there_and_what_follows_is(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "study.fits"
    whole = kept(path)
    whole.keep("trial", "1", "whole")
    size = path.stat().st_size
    whole.keep("trial", "2", "cut")
    for length in range(size, path.stat().st_size):
        copy = tmp_path / f"{length}.fits"
        copy.write_bytes(path.read_bytes()[:length])
        found = kept(copy)
        assert found.of("trial") == {"1": "whole"}
        found.keep("trial", "3", "later")
        assert kept(copy).of("trial") == {"1": "whole", "3": "later"}


def test_a_fit_that_the_disk_has_changed_is_not_there(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "study.fits"
    kept(path).keep("trial", "1", "a text that is changed")
    text = bytearray(path.read_bytes())
    text[-5] ^= 1
    path.write_bytes(bytes(text))
    assert kept(path).of("trial") == {}


def test_what_can_not_be_pickled_is_repeated(kept: Kept, tmp_path: Path) -> None:
    fits = kept(tmp_path / "study.fits")
    fits.keep("trial", "1", (number for number in range(3)))
    assert fits.of("trial") == {}


def test_the_file_does_not_grow_with_recorded_trials(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kept, "_MUCH", 10_000)
    path = tmp_path / "study.fits"
    fits = kept(path)
    fits.keep("stays", "1", b"s" * 500)
    sizes = []
    for number in range(200):
        fits.keep(f"trial {number}", "1", b"t" * 1000)
        fits.forget(f"trial {number - 1}")
        sizes.append(path.stat().st_size)
    assert max(sizes) < 30_000
    assert kept(path).of("stays") == {"1": b"s" * 500}
    assert kept(path).of("trial 199") == {"1": b"t" * 1000}


def test_nothing_is_left_of_a_study_that_has_ended_nor_of_one_that_nobody_started_again(kept: Kept, tmp_path: Path) -> None:
    old, path = tmp_path / "old.fits", tmp_path / "study.fits"
    for one in (old, path):
        kept(one).keep("trial", "1", 1)
    month = time.time() - 31 * 86400
    os.utime(old, (month, month))
    kept(path).close(remove=False)
    assert [one.name for one in tmp_path.iterdir()] == ["study.fits"]
    kept(path).close(remove=True)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_does_not_end_the_study(kept: Kept, tmp_path: Path) -> None:
    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, _: bytes) -> int:
            self._file.write(b"half")
            raise OSError(28, "No space left on device")

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    path = tmp_path / "study.fits"
    fits = kept(path)
    fits.keep("trial", "1", "whole")
    fits._file = Full(fits._file)  # type: ignore[assignment]
    fits.keep("trial", "2", "no room")
    fits.keep("trial", "3", "no room")
    fits.close(remove=False)
    assert kept(path).of("trial") == {"1": "whole"}


def test_a_disk_with_no_room_for_a_second_file_keeps_the_first(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kept, "_MUCH", 1000)
    path = tmp_path / "study.fits"
    (tmp_path / "study.part").mkdir()
    (tmp_path / "study.part" / "in the way").touch()
    fits = kept(path)
    fits.keep("stays", "1", b"s" * 500)
    for number in range(20):
        fits.keep(f"trial {number}", "1", b"t" * 1000)
        fits.forget(f"trial {number - 1}")
    assert fits.of("stays") == kept(path).of("stays") == {"1": b"s" * 500}


def test_a_fresh_study_begins_anew(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "study.fits"
    kept(path).keep("trial", "1", 1)
    assert kept(path, anew=True).of("trial") == {}
