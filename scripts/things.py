"""Make things once: each has a key (a hash of what it is made from) and is made again only when the key changes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ROOT", "STATE", "Thing", "UnavailableError", "content_key", "in_ci", "make_all", "run_logged", "say"]

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".cache" / "setup"
_PRINTING = threading.Lock()


class UnavailableError(RuntimeError):
    """A thing that this machine can't provide, with the reason."""


@dataclass(frozen=True)
class Thing:
    """Something that the set-up makes.

    Parameters
    ----------
    name
        What the lines on the screen, the stamp and the log are called.
    present
        Whether it is there at all; without it the stamp does not count.
    key
        Gives the hash of everything that it is made from.
    make
        Makes it; whatever it runs writes into the log given to it.
    after
        Names of things that must be ready first.
    serves
        For a thing that one can do without: what is skipped when it is missing.
    """

    name: str
    present: Callable[[], bool]
    key: Callable[[], str]
    make: Callable[[Path], None]
    after: tuple[str, ...] = ()
    serves: str = ""
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "log", STATE / f"{self.name}.log")

    @property
    def stamp(self) -> Path:
        """The file that remembers the key of the last time it was made."""
        return STATE / f"{self.name}.key"

    def is_current(self) -> bool:
        """Whether it is there and made from what is here now."""
        return self.present() and self.stamp.is_file() and self.stamp.read_text() == self.key()


def in_ci() -> bool:
    """Whether this is a CI machine, where nothing may be skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def say(line: str) -> None:
    """Print one line at once, also when several things are being made."""
    with _PRINTING:
        print(line, flush=True)


def content_key(paths: Iterable[Path], extra: str = "") -> str:
    """Hash the names and contents of files (of folders: every file below them)."""
    digest = hashlib.sha256(extra.encode())
    for path in sorted(paths):
        files = sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def run_logged(command: Sequence[str | Path], log: Path, *, env: dict[str, str] | None = None) -> None:
    """Run a program in the project's root with its output in `log`; raise RuntimeError with the log's end when it fails."""
    with log.open("ab") as stream:
        stream.write(f"$ {' '.join(map(str, command))}\n".encode())
        stream.flush()
        done = subprocess.run(
            [str(part) for part in command],
            check=False,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env={**os.environ, **(env or {})},
        )
    if done.returncode:
        tail = "\n".join("    " + line for line in log.read_text(errors="replace").splitlines()[-25:])
        raise RuntimeError(f"{Path(command[0]).name} ended with code {done.returncode}; the end of {log.relative_to(ROOT)}:\n{tail}")


def _make(thing: Thing, waits_for: Sequence[Future[bool]]) -> bool:
    if not all(future.result() for future in waits_for):
        return False
    if thing.is_current():
        return True
    say(f"setup: {thing.name}: making it (log: {thing.log.relative_to(ROOT)})")
    started = time.monotonic()
    thing.log.write_bytes(b"")
    thing.stamp.unlink(missing_ok=True)
    key = thing.key()
    try:
        thing.make(thing.log)
    except (RuntimeError, OSError) as error:
        if not thing.serves or in_ci():
            say(f"setup: {thing.name}: FAILED: {error}")
            return False
        say(f"setup: {thing.name}: not available on this machine, so {thing.serves} will be skipped: {error}")
        return True
    thing.stamp.write_text(key)
    say(f"setup: {thing.name}: ready after {time.monotonic() - started:.0f} s")
    return True


def make_all(things: Sequence[Thing]) -> bool:
    """Make what is not current, side by side where `after` allows it; return whether everything is ready."""
    STATE.mkdir(parents=True, exist_ok=True)
    if all(thing.is_current() for thing in things):
        say(f"setup: everything is up to date ({', '.join(thing.name for thing in things)})")
        return True
    futures: dict[str, Future[bool]] = {}
    with ThreadPoolExecutor(max_workers=len(things)) as pool:
        for thing in things:
            futures[thing.name] = pool.submit(_make, thing, [futures[name] for name in thing.after if name in futures])
        results = [future.result() for future in futures.values()]
    return all(results)
