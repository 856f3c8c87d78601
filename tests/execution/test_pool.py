"""Workers of this machine: shared rows, and what happens when one dies, hangs or talks too much."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsframework.errors import DataError, ExecutorError, ModelError
from dsframework.execution import Executor, _oom, make_executor
from dsframework.execution._local import LocalExecutor
from dsframework.execution._pool import shared_pool
from dsframework.execution._ray_crew import RayCrew
from dsframework.execution._work import Work
from dsframework.tracking import home

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor(workers=2)
    yield made
    made.close()


def gather(executor: Executor, number: int, seconds: float = 60) -> dict[str, Any]:
    found: dict[str, Any] = {}
    deadline = time.monotonic() + seconds
    while len(found) < number and time.monotonic() < deadline:
        for key, outcome in executor.wait(1.0):
            assert key not in found, "an outcome came twice"
            found[key] = outcome
    return found


def pid(_: Any = None) -> int:
    return os.getpid()


def total(values: Any) -> float:
    return float(values.sum())


def write_to(values: Any) -> None:
    values[0] = 1.0


def meet(place: str) -> None:
    """Wait until another worker is there as well."""
    (Path(place) / str(os.getpid())).touch()
    deadline = time.monotonic() + 60
    while len(list(Path(place).iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)


def private_bytes(values: Any, place: str) -> tuple[int, int]:
    """This process, and the memory that it has written and shares with nobody, after it has read all values; but for the shared block's."""
    values.sum()
    meet(place)
    found, shared = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if not line.split()[0].endswith(":"):
            shared = "memfd:" in line
        elif line.startswith("Private_Dirty:") and not shared:
            found += int(line.split()[1]) * 1024
    return os.getpid(), found


def end_itself(number: int = signal.SIGKILL) -> None:
    os.kill(os.getpid(), number)


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def talk(megabytes: int) -> str:
    line = "x" * 1023 + "\n"
    for _ in range(megabytes * 1024):
        sys.stdout.write(line)
    return "said"


def say_and_die(word: str) -> None:
    print("first line\n" + word, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


def raise_ours() -> None:
    raise DataError("no such column", field="data")


def raise_theirs() -> None:
    raise ZeroDivisionError("it is\nbroken")


def not_sendable() -> Any:
    return (number for number in range(3))


def busy_for(seconds: float, path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_values_and_errors_come_back_and_fits_run_elsewhere(executor: LocalExecutor) -> None:
    handle = executor.put(np.arange(1000.0))
    for key, function, arguments in (
        ("sum", total, (handle,)),
        ("pid", pid, ()),
        ("ours", raise_ours, ()),
        ("theirs", raise_theirs, ()),
        ("generator", not_sendable, ()),
    ):
        executor.submit(Work(key, function, arguments))
    found = gather(executor, 5)
    assert found["sum"] == 499500.0
    assert found["pid"] != os.getpid()
    assert type(found["ours"]) is DataError
    assert str(found["theirs"]) == "models: ZeroDivisionError: it is broken"
    assert isinstance(found["generator"], ModelError)
    assert "can't be sent" in str(found["generator"])


def test_a_function_of_the_callers_own_can_be_done(executor: LocalExecutor) -> None:
    factor = 3
    executor.submit(Work("mine", lambda number: number * factor, (2,)))
    assert gather(executor, 1) == {"mine": 6}


@linux
def test_large_values_are_read_in_place_by_every_worker(executor: LocalExecutor, tmp_path: Path) -> None:
    used = []
    for name, size in (("small", 1), ("large", 12_500_000)):  # 100 MB
        handle = executor.put(np.ones(size))
        (tmp_path / name).mkdir()
        for number in range(8):
            executor.submit(Work(f"{name} {number}", private_bytes, (handle, str(tmp_path / name)), kind="memory"))
        used.append(dict(gather(executor, 8).values()))
    before, after = used
    assert len(after) == 2
    assert all(after[process] - before[process] < 50e6 for process in after), "a worker has a copy of its own"


def test_shared_values_can_not_be_changed(executor: LocalExecutor) -> None:
    handle = executor.put(np.zeros(100_000))
    executor.submit(Work("write", write_to, (handle,)))
    executor.submit(Work("sum", total, (handle,)))
    found = gather(executor, 2)
    assert "read-only" in str(found["write"])
    assert found["sum"] == 0.0


def test_a_killed_workers_tasks_are_done_by_others(executor: LocalExecutor) -> None:
    """Every task ends once, however often somebody kills a worker."""
    for number in range(60):
        executor.submit(Work(f"{number}", sleep, (0.02,), kind="short"))
    found: dict[str, Any] = {}
    killed = 0
    while len(found) < 60:
        for key, outcome in executor.wait(0.2):
            assert key not in found
            found[key] = outcome
        busy = [one.pid for one in shared_pool().at_work().shown if one.key and one.pid]
        if busy and killed < 3 and len(found) > 15 * killed:
            os.kill(busy[0], signal.SIGKILL)
            killed += 1
    assert killed == 3
    assert set(found.values()) == {"awake"}


def test_the_end_of_the_workers_parent_costs_no_task_anything(executor: LocalExecutor) -> None:
    for number in range(20):
        executor.submit(Work(f"{number}", sleep, (0.05,), kind="nap"))
    found = gather(executor, 1)
    nursery = shared_pool()._process
    assert nursery is not None
    nursery.kill()
    found |= gather(executor, 20 - len(found))
    assert found == {f"{number}": "awake" for number in range(20)}


def answer_while_dying(mark: str, seconds: float) -> bytes:
    if not Path(mark).exists():
        Path(mark).touch()
        threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return bytes(20_000_000)


def test_a_worker_that_dies_in_the_middle_of_its_answer_is_not_heard_in_part(executor: LocalExecutor, tmp_path: Path) -> None:
    moments = (0.0, 0.01, 0.03)
    for number, seconds in enumerate(moments):
        executor.submit(Work(f"{number}", answer_while_dying, (str(tmp_path / f"{number}"), seconds)))
    found = gather(executor, len(moments))
    assert found == {f"{number}": bytes(20_000_000) for number in range(len(moments))}


def test_a_task_that_kills_its_workers_is_given_up_after_three_and_the_others_go_on(executor: LocalExecutor) -> None:
    for number in range(5):
        executor.submit(Work(f"{number}", sleep, (0.01,)) if number != 2 else Work("2", end_itself, ()))
    found = gather(executor, 5)
    assert isinstance(found.pop("2"), ExecutorError)
    assert found == dict.fromkeys("0134", "awake")


def test_a_task_that_hangs_is_ended_at_its_limit(executor: LocalExecutor) -> None:
    started = time.monotonic()
    executor.submit(Work("hangs", sleep, (600.0,), seconds=0.5))
    executor.submit(Work("other", sleep, (0.0,)))
    found = gather(executor, 2)
    assert str(found["hangs"]) == "models: took longer than its limit of 0.5 s and was ended"
    assert found["other"] == "awake"
    assert time.monotonic() - started < 30


def test_what_a_worker_said_last_comes_with_its_end(executor: LocalExecutor) -> None:
    executor.submit(Work("dies", say_and_die, ("the last word",)))
    done = []
    while not done:
        done = shared_pool().wait(executor._queue, 1.0)
    assert "SIGSEGV" in str(done[0].outcome)
    assert done[0].log.splitlines()[-1] == "the last word"


def write_line(log: str, line: str) -> None:
    with Path(log).open("a") as file:
        file.write(f"{line}\n")


def note(log: str, name: str, seconds: float) -> str:
    write_line(log, f"begin-{name}")
    time.sleep(seconds)
    write_line(log, f"end-{name}")
    return "noted"


def run_out(kills: str, log: str) -> None:
    """Hold some memory and be ended for it as the kernel does, which counts that."""
    held = bytearray(os.urandom(1)) * 300_000_000
    write_line(log, "out")
    count = int(Path(kills).read_text().split()[1]) if Path(kills).exists() else 0
    Path(kills).write_text(f"oom_kill {count + 1}\n")
    os.kill(os.getpid(), signal.SIGKILL)
    del held


@linux
def test_a_task_that_runs_out_of_memory_is_tried_once_more_with_nothing_beside_it_and_fails_with_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: LocalExecutor
) -> None:
    """The kernel's part is played by the task, which ends itself and counts that; the rest is real."""
    kills, log = tmp_path / "vmstat", tmp_path / "log"
    monkeypatch.setattr(_oom, "_PLACES", (str(kills),))
    executor.submit(Work("out", run_out, (str(kills), str(log))))
    for number in range(30):
        executor.submit(Work(f"{number}", note, (str(log), f"{number}", 0.02), kind="short"))
    found = gather(executor, 31)
    said = str(found.pop("out"))
    figures = r"models: out of memory: its worker held 0\.\d+ GB of [\d.]+ GB when the kernel ended it, also when it ran alone"
    assert re.fullmatch(f"{figures}; it cost 2 workers and is given up", said), said
    assert set(found.values()) == {"noted"}
    assert kills.read_text() == "oom_kill 2\n"
    lines = log.read_text().split()
    last = max(at for at, line in enumerate(lines) if line == "out")
    open_then = [line for line in lines[:last] if line.startswith("begin") and line.replace("begin", "end") not in lines[:last]]
    assert open_then == [], "another task was at work beside it"


@linux
def test_a_fit_that_prints_a_lot_neither_blocks_nor_fills_memory(executor: LocalExecutor) -> None:
    executor.submit(Work("talks", talk, (200,)))
    assert gather(executor, 1) == {"talks": "said"}
    nursery = shared_pool()._process
    assert nursery is not None
    peak = next(line for line in Path(f"/proc/{nursery.pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 400_000, "kB"


def test_close_drops_what_waits_and_ends_what_hangs(tmp_path: Path) -> None:
    executor = LocalExecutor(workers=1)
    mark = tmp_path / "pid"
    executor.submit(Work("long", busy_for, (600.0, str(mark))))
    executor.submit(Work("never", Path(tmp_path / "ran").touch, ()))
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    process = int(mark.read_text())
    executor.close()
    executor.close()
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(process)
    assert not (tmp_path / "ran").exists()


@linux
def test_nothing_is_left_of_a_driver_that_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = f"""
import time
from pathlib import Path
from dsframework.execution import Executor, _oom, make_executor
from dsframework.execution._local import LocalExecutor
from dsframework.execution._work import Work
from dsframework.tracking import home

def busy(path):
    import os, time
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)

executor = LocalExecutor(workers=1)
executor.submit(Work("long", busy, ({str(mark)!r},)))
time.sleep(600)
"""
    driver = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process = int(mark.read_text())
    assert process != driver.pid
    driver.kill()
    driver.wait()
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(process)


def test_the_next_study_finds_the_workers_warm() -> None:
    pids = []
    for _ in range(2):
        executor = LocalExecutor(workers=2)
        executor.submit(Work("pid", pid, ()))
        found = gather(executor, 1)["pid"]
        pids.append({found, *(one.pid for one in shared_pool().at_work().shown if one.pid)})
        executor.close()
    assert pids[0] & pids[1]


def test_workers_have_the_variables_that_the_notebook_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for value in ("one", "two", None):
        if value is None:
            monkeypatch.delenv("TSML_OF_THE_NOTEBOOK")
        else:
            monkeypatch.setenv("TSML_OF_THE_NOTEBOOK", value)
        executor = LocalExecutor(workers=1)
        executor.submit(Work("variable", os.getenv, ("TSML_OF_THE_NOTEBOOK",)))
        found.append(gather(executor, 1)["variable"])
        executor.close()
    assert found == ["one", "two", None]


def installed(name: str) -> str:
    return str(importlib.import_module(name).__file__)


def test_workers_find_what_was_installed_a_moment_ago_while_another_study_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = LocalExecutor(workers=1)
    other.submit(Work("pid", pid, ()))
    gather(other, 1)
    found = []
    for name in ("tsml_first_place", "tsml_second_place"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").touch()
        monkeypatch.syspath_prepend(tmp_path / name)
        executor = LocalExecutor(workers=1)
        executor.submit(Work("module", installed, (name,)))
        found.append(Path(gather(executor, 1)["module"]).stem)
        executor.close()
    other.close()
    assert found == ["tsml_first_place", "tsml_second_place"]


def test_workers_are_in_the_folder_that_the_notebook_is_in_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder in which they were started may be gone."""
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        executor = LocalExecutor(workers=1)
        executor.submit(Work("folder", os.getcwd, ()))
        found.append(gather(executor, 1)["folder"])
        executor.close()
        (tmp_path / name).rmdir()
    assert found == [str(tmp_path / "one"), str(tmp_path / "two")]


at_once: list[int] = []
_inside: set[int] = set()


def enter(_: int) -> int:
    _inside.add(threading.get_ident())
    at_once.append(len(_inside))
    time.sleep(0.02)
    _inside.discard(threading.get_ident())
    return os.getpid()


@pytest.mark.parametrize("name", ["local", "ray"])
def test_in_this_process_one_fit_is_done_at_a_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two would take turns at this process's filters of warnings, and lose them; the Ray here is never there."""
    monkeypatch.setattr(RayCrew, "_begin", lambda _: None)
    monkeypatch.setenv("RAY_ADDRESS", "nowhere")
    at_once.clear()
    executor = make_executor(name, home=home())
    for number in range(8):
        executor.submit(Work(f"fit-{number}", enter, (number,), tame=True))
    found = gather(executor, 8)
    executor.close()
    assert len(found) == 8
    assert set(at_once) <= {1}
