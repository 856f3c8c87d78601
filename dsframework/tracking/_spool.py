"""Trials on their way to MLflow: each is in a local file before it counts as recorded, and is sent with others of its time.

The spool of a study is a folder of `home`. Its file ``trials.jsonl`` grows by a line a trial; the small file ``sent`` says up to which byte
MLflow has it. A batch is stored in MLflow under the spool's own random name and the byte that it begins at, so that a batch sent again
after a crash replaces itself, and nothing else. The end of the process loses nothing; that of the machine, at most what came after the
last `Spool.sync`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow as pa
from pydantic import ValidationError

from dsframework.errors import ConflictError, TrackingError
from dsframework.records import TrialRecord

__all__ = ["Batch", "Spool", "parse_line", "spools", "trial_line"]

_LINES = "trials.jsonl"
_SENT = "sent"
_NAME = "name"
_MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Batch:
    """Trials of one run, as MLflow gets them.

    Attributes
    ----------
    run_id
        Whose.
    name
        The name of the artifact; the same batch always has the same.
    text
        Its lines.
    frames
        Predictions, by the trial's number.
    """

    run_id: str
    name: str
    text: str
    frames: dict[int, pl.DataFrame]


class Spool:
    """The spool of one study; one process writes to it at a time.

    Parameters
    ----------
    folder
        Its own folder, which is made.

    Raises
    ------
    ConflictError
        When a living process writes to it.
    TrackingError
        When the disk is full, or is not to be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / _LINES).open("ab", buffering=0)
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise ConflictError("another process is recording this study", field="study", value=folder.name) from error
        self._best: dict[str, Path] = {}
        self._safe = -1
        with _writing(folder):
            self._cut_torn_line()
            self._name = self._own_name()

    def _own_name(self) -> str:
        place = self.folder / _NAME
        if self.waiting >= 0:
            with suppress(OSError, ValueError):
                if name := place.read_text(encoding="ascii"):
                    return name
        else:  # the machine went down and lost lines that MLflow has: bytes no longer say which those were
            _put(self.folder / _SENT, str((self.folder / _LINES).stat().st_size))
        name = secrets.token_hex(4)
        _put(place, name)
        return name

    def _cut_torn_line(self) -> None:
        """A line without an end was not acknowledged to anybody."""
        text = (self.folder / _LINES).read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole != len(text):
            os.truncate(self.folder / _LINES, whole)

    def append(self, run_id: str, record: TrialRecord, predictions: pl.DataFrame | None) -> None:
        """Keep a trial; when this returns, the end of this process loses nothing.

        Predictions are kept first. A trial that comes with them is the best of its run so far: those of the one before need no longer be
        sent.

        Raises
        ------
        TrackingError
            When the disk is full; what was kept before stays whole.
        """
        target = self._frame(run_id, record.number)
        with _writing(self.folder):
            if predictions is not None:
                _write(predictions, target)
            size = self._file.seek(0, os.SEEK_END)
            try:
                left = memoryview(trial_line(run_id, record).encode() + b"\n")
                while left:
                    left = left[self._file.write(left) :]
            except OSError:
                self._file.truncate(size)
                raise
        if predictions is not None and record.part == "trial":
            if (before := self._best.get(run_id)) is not None:
                before.unlink(missing_ok=True)
            self._best[run_id] = target

    def sync(self) -> None:
        """Have what was kept so far outlast the end of the machine; may be called beside everything else."""
        size = (self.folder / _LINES).stat().st_size
        if size == self._safe:
            return
        os.fsync(self._file.fileno())
        if self._safe < 0:
            for folder in (self.folder, self.folder.parent, self.folder.parent.parent):
                _sync_folder(folder)
        self._safe = size

    def unsent(self) -> tuple[list[Batch], int]:
        """Return what MLflow does not have, a batch a run, and the byte up to which that reaches."""
        start = self.sent
        with (self.folder / _LINES).open("rb") as file:
            file.seek(start)
            piece = file.read(_MOST_BYTES)
            piece += file.readline() if len(piece) == _MOST_BYTES else b""
        piece = piece[: piece.rfind(b"\n") + 1]
        by_run: dict[str, list[str]] = {}
        for line in piece.decode("utf-8").splitlines():
            found = _outer(line)
            if found is not None:
                by_run.setdefault(found["run"], []).append(line)
        batches = [
            Batch(run, f"trials/{self._name}-{start:012d}.jsonl", "\n".join(lines) + "\n", self._frames(run))
            for run, lines in by_run.items()
        ]
        return batches, start + len(piece)

    @property
    def sent(self) -> int:
        """Up to which byte MLflow has everything."""
        try:
            return int((self.folder / _SENT).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    @property
    def waiting(self) -> int:
        """How many bytes MLflow does not have."""
        return (self.folder / _LINES).stat().st_size - self.sent

    def mark_sent(self, until: int) -> None:
        """Note that MLflow has everything up to a byte; may be called beside everything else."""
        _put(self.folder / _SENT, str(until))

    def let_go(self, batches: list[Batch]) -> None:
        """Let the predictions go that MLflow has."""
        for batch in batches:
            for number in batch.frames:
                self._frame(batch.run_id, number).unlink(missing_ok=True)

    def frame(self, run_id: str, number: int) -> pl.DataFrame | None:
        """Return predictions that MLflow does not have."""
        path = self._frame(run_id, number)
        return _read(path) if path.exists() else None

    def close(self) -> None:
        """Close the file; a spool of which MLflow has everything is removed."""
        self._file.close()
        if self.waiting <= 0:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _frame(self, run_id: str, number: int) -> Path:
        return self.folder / f"{run_id}-{number:05d}.arrow"

    def _frames(self, run_id: str) -> dict[int, pl.DataFrame]:
        found = {int(path.stem.rpartition("-")[2]): _read(path) for path in self.folder.glob(f"{run_id}-*.arrow")}
        return {number: frame for number, frame in found.items() if frame is not None}


def _write(frame: pl.DataFrame, target: Path) -> None:
    part = target.with_suffix(".part")
    try:
        with pa.OSFile(str(part), "wb") as file:
            table = frame.to_arrow()
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
        part.rename(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _read(path: Path) -> pl.DataFrame | None:
    """The predictions of a file; None where the end of the machine has torn it: they are made again when they are needed."""
    try:
        with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as reader:
            found = pl.from_arrow(reader.read_all())
    except pa.ArrowInvalid:
        return None
    assert isinstance(found, pl.DataFrame)
    return found


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrackingError(
            f"trials can't be kept in {folder}: {error.strerror or error}",
            mend="make room there, or set TSML_HOME to another disk, then start the study again; finished trials are kept",
        ) from error


def _put(place: Path, text: str) -> None:
    """Put a small file in place, whole or not at all, also when the machine goes down."""
    part = place.with_suffix(".part")
    with part.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place)


def _sync_folder(folder: Path) -> None:
    """Have the names of a folder outlast the end of the machine, where the system knows of such a thing."""
    if sys.platform != "win32":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def spools(root: Path) -> list[Path]:
    """Return the folders of all spools below a folder, oldest first."""
    return sorted((path.parent for path in root.glob(f"*/{_LINES}")), key=lambda path: path.stat().st_mtime)


def trial_line(run_id: str, record: TrialRecord) -> str:
    """Return a trial as a line that shows whether it is whole."""
    body = record.model_dump_json()
    return json.dumps({"run": run_id, "sha256": _sha(body), "trial": body})


def parse_line(line: str) -> TrialRecord | None:
    """Return the trial of a line; None of a line that is not whole."""
    outer = _outer(line)
    try:
        return TrialRecord.model_validate_json(outer["trial"]) if outer is not None else None
    except ValidationError:
        return None


def _lock(file: IO[bytes]) -> None:
    """Keep other processes out until the file is closed; the system lifts the lock of a process that dies. No lock on Windows."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _outer(line: str) -> dict[str, Any] | None:
    try:
        outer = json.loads(line)
        return outer if _sha(outer["trial"]) == outer["sha256"] else None
    except (ValueError, KeyError, TypeError):
        return None


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
