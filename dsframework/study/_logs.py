"""What the driver of a study has printed, by the study's id: from its file on this machine, or from the cluster that runs it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from dsframework.errors import NotFoundError
from dsframework.records import StudyLog
from dsframework.study._job_of import jobs_with
from dsframework.study._log_place import log_file
from dsframework.study._status import find_study, status_of
from dsframework.tracking import home, owner_is_alive, owner_is_here

__all__ = ["follow_log", "study_log"]

_BLOCK = 1 << 16
_MOST_BYTES = 1 << 20
_POLL_SECONDS = 0.5


def study_log(study: str, lines: int = 200) -> StudyLog:
    """Return the last lines that a study's driver has printed, at most a megabyte of them.

    Parameters
    ----------
    study
        Its id, or the first six signs or more.
    lines
        How many at most.

    Raises
    ------
    NotFoundError
        When there is no such study, or its log is not here.
    ExecutorError
        When the cluster that has the log does not answer.
    """
    run = find_study(study)
    tags = dict(run.data.tags)
    file = _file(run.info.run_id, tags)
    if file is None:
        text = _last(_of_job(tags)[-_MOST_BYTES:], lines)
    else:
        with file.open("rb") as stream:
            text = _before(stream, stream.seek(0, os.SEEK_END), lines)
    return StudyLog(study=run.info.run_id, status=status_of(run).status, lines=text.splitlines())


def follow_log(study: str, lines: int = 200) -> Iterator[str]:
    """Yield the last lines and then what comes, in pieces of whole or unfinished lines, until the study has ended.

    Raises
    ------
    NotFoundError
        When there is no such study, or its log is not here.
    ExecutorError
        When the cluster that has the log does not answer.
    """
    run = find_study(study)
    tags = dict(run.data.tags)
    file = _file(run.info.run_id, tags)
    if file is not None:
        yield from _follow_file(file, run.info.run_id, lines)
        return
    found = jobs_with(tags)
    if found is None:
        raise _missing(tags)
    jobs, name = found
    already = _of_job(tags)
    yield _last(already, lines)
    seen = len(already)
    for piece in jobs.follow(name):
        yield piece[seen:]
        seen = max(0, seen - len(piece))


def _file(study: str, tags: Mapping[str, str]) -> Path | None:
    kept = home() / "logs" / f"{study}.log"
    return log_file(tags) or (kept if kept.is_file() and not tags.get("tsml.job") else None)


def _of_job(tags: Mapping[str, str]) -> str:
    found = jobs_with(tags)
    if found is None:
        raise _missing(tags)
    jobs, name = found
    return jobs.log(name)


def _missing(tags: Mapping[str, str]) -> NotFoundError:
    if tags.get("tsml.job"):
        text = "the log is on the Ray cluster that runs the study, which is not the one that is set here"
        return NotFoundError(text, field="study", mend="set RAY_ADDRESS to that cluster")
    if tags.get("tsml.log"):
        return NotFoundError("the log is on another machine, or was removed", field="study", value=tags["tsml.log"].partition("/")[0])
    return NotFoundError("there is no log: the study printed where it was started", field="study", mend="--detach makes one")


def _is_over(run: Any) -> bool:
    """Whether the driver has gone too: it prints its table when the study has ended."""
    tags = run.data.tags
    return status_of(run).status not in ("queued", "running") and not (owner_is_here(tags) and owner_is_alive(tags))


def _last(text: str, lines: int) -> str:
    """The last lines of a text, with their ends."""
    return "".join(text.splitlines(keepends=True)[-lines:]) if lines > 0 else ""


def _before(stream: IO[bytes], end: int, lines: int) -> str:
    """The last lines of a file before a byte, read from there backwards."""
    found = b""
    while end > 0 and found.count(b"\n") <= lines and len(found) < _MOST_BYTES:
        start = max(0, end - _BLOCK)
        stream.seek(start)
        found = stream.read(end - start) + found
        end = start
    return _last(found.decode("utf-8", "replace"), lines)


def _follow_file(file: Path, study: str, lines: int) -> Iterator[str]:
    with file.open("rb") as stream:
        at = stream.seek(0, os.SEEK_END)
        yield _before(stream, at, lines)
        stream.seek(at)
        while True:
            over = _is_over(find_study(study))
            piece = stream.read(_MOST_BYTES)
            if piece:
                yield piece.decode("utf-8", "replace")
            elif over:
                return
            else:
                time.sleep(_POLL_SECONDS)
