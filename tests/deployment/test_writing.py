"""DAG files are there whole or not at all, whoever writes, reads or dies in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsframework.deployment import delete_schedule, list_schedules, read_schedule
from dsframework.deployment._dag import literal_of
from dsframework.deployment._schedule import place_dag
from dsframework.errors import ConflictError, NotFoundError, ScheduleError

WRITER = """
import json, os, pathlib, sys
from dsframework.deployment import SchedulePlan
from dsframework.deployment._schedule import place_dag
from dsframework.errors import ConflictError
mode, plans = sys.argv[1], json.load(sys.stdin)
if mode == "die":
    pathlib.Path.replace = lambda self, target: os.kill(os.getpid(), 9)
for plan in plans:
    try:
        place_dag(SchedulePlan.model_validate(plan), replace=mode == "replace")
        print("written", flush=True)
    except ConflictError:
        print("conflict", flush=True)
"""


def start_writer(mode: str, plans: list[Any]) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", WRITER, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps([plan.model_dump() for plan in plans]))
    process.stdin.close()
    return process


def output(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines = process.stdout.read().split()
    process.stdout.close()
    process.wait(timeout=60)
    return lines


def test_a_schedule_is_exactly_one_readable_file(tmp_path: Path, make_plan: Any) -> None:
    plan = make_plan(tmp_path / "dags")
    place_dag(plan)
    place_dag(plan)
    assert [path.name for path in (tmp_path / "dags").iterdir()] == ["tsml_volume.py"]
    assert Path(plan.file).stat().st_mode & 0o777 == 0o644
    assert Path(plan.file).read_text() == plan.text


def test_a_writer_killed_before_the_last_step_leaves_the_old_schedule_as_it_was(tmp_path: Path, make_plan: Any) -> None:
    old, new = make_plan(tmp_path, run_id="a" * 32), make_plan(tmp_path, owner="bob")
    place_dag(old)
    process = start_writer("die", [new])
    output(process)
    assert process.returncode == -signal.SIGKILL
    assert Path(old.file).read_text() == old.text
    assert [path.name for path in tmp_path.glob("*.py")] == ["tsml_volume.py"]
    assert [schedule.owner for schedule in list_schedules(str(tmp_path))] == ["ann"]
    place_dag(new)
    assert [path.name for path in tmp_path.iterdir()] == ["tsml_volume.py"]
    assert read_schedule("volume", str(tmp_path)).owner == "bob"


def test_a_writer_killed_before_the_last_step_leaves_no_new_schedule(tmp_path: Path, make_plan: Any) -> None:
    output(start_writer("die", [make_plan(tmp_path)]))
    assert list(tmp_path.glob("*.py")) == []
    assert list_schedules(str(tmp_path)) == []


def test_of_writers_at_once_with_different_runs_one_writes_and_the_others_see_a_conflict(tmp_path: Path, make_plan: Any) -> None:
    writers = [start_writer("create", [make_plan(tmp_path, run_id=digit * 32)]) for digit in "abcd"]
    answers = sorted(line for writer in writers for line in output(writer))
    assert answers == ["conflict", "conflict", "conflict", "written"]
    assert [path.name for path in tmp_path.iterdir()] == ["tsml_volume.py"]


def test_a_reader_sees_whole_files_only_while_two_writers_replace_them(tmp_path: Path, make_plan: Any) -> None:
    plans = [make_plan(tmp_path, owner="x" * size) for size in (1, 90)]
    place_dag(plans[0])
    whole = {plan.text for plan in plans}
    writers = [start_writer("replace", plans * 40) for _ in range(2)]
    deadline, reads, seen = time.monotonic() + 60, 0, set()
    while any(writer.poll() is None for writer in writers) and time.monotonic() < deadline:
        text = Path(plans[0].file).read_text()
        assert text in whole
        seen.add(text)
        reads += 1
    assert [output(writer) for writer in writers] == [["written"] * 80] * 2
    assert reads > 50
    assert seen == whole


def test_a_schedule_of_another_run_is_replaced_only_when_asked(tmp_path: Path, make_plan: Any) -> None:
    place_dag(make_plan(tmp_path, run_id="a" * 32))
    other = make_plan(tmp_path, run_id="b" * 32)
    with pytest.raises(ConflictError, match=r"name: a schedule of run a{32} has this name \(got 'volume'\); .*set replace"):
        place_dag(other)
    assert read_schedule("volume", str(tmp_path)).run_id == "a" * 32
    place_dag(other, replace=True)
    assert read_schedule("volume", str(tmp_path)).run_id == "b" * 32


def test_a_file_that_is_not_a_schedule_is_not_overwritten(tmp_path: Path, make_plan: Any) -> None:
    mine = tmp_path / "tsml_volume.py"
    mine.write_text("print('mine')\n")
    with pytest.raises(ConflictError, match="not a schedule"):
        place_dag(make_plan(tmp_path))
    assert mine.read_text() == "print('mine')\n"


def test_a_folder_that_can_not_be_written_is_one_line(tmp_path: Path, make_plan: Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScheduleError, match=r"^dags_folder: can't be written: .*TSML_DAGS_FOLDER"):
        place_dag(make_plan(tmp_path / "file" / "dags"))


@contextmanager
def somebody_else() -> Iterator[None]:
    """Act as a user who owns nothing; root may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def locked(tmp_path_factory: pytest.TempPathFactory, make_plan: Any) -> Iterator[Path]:
    """A folder with a schedule, which may be read and not written."""
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        Path(place).chmod(0o755)
        folder = Path(place) / "dags"
        place_dag(make_plan(folder))
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_a_read_only_folder_is_listed_and_nothing_of_it_is_written_or_deleted(locked: Path, make_plan: Any) -> None:
    with somebody_else():
        assert [schedule.error for schedule in list_schedules(str(locked))] == [None]
        with pytest.raises(ScheduleError, match=r"^dags_folder: can't be written: Permission denied .*TSML_DAGS_FOLDER"):
            place_dag(make_plan(locked, "other"))
        with pytest.raises(ScheduleError, match=r"^dags_folder: can't be written: Permission denied .*TSML_DAGS_FOLDER"):
            delete_schedule("volume", str(locked))
    assert [path.name for path in locked.iterdir()] == ["tsml_volume.py"]


def test_a_folder_that_may_not_be_read_is_one_line(locked: Path) -> None:
    locked.chmod(0o000)
    with somebody_else():
        for call in (list_schedules, lambda folder: read_schedule("volume", folder)):
            with pytest.raises(ScheduleError, match=r"^dags_folder: can't be read: Permission denied"):
                call(str(locked))


def test_a_file_in_the_place_of_the_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "dags").write_text("")
    with pytest.raises(ScheduleError, match=r"^dags_folder: can't be read: Not a directory"):
        list_schedules(str(tmp_path / "dags"))


@pytest.mark.parametrize("text", ["print('mine')", "SCHEDULE = {", "SCHEDULE = {'name': 'volume'}"])
def test_a_file_that_is_not_a_schedule_is_not_deleted(tmp_path: Path, text: str) -> None:
    (tmp_path / "tsml_volume.py").write_text(text)
    with pytest.raises(ConflictError, match=r"^name: the file is not a schedule .*delete tsml_volume.py by hand"):
        delete_schedule("volume", str(tmp_path))
    assert (tmp_path / "tsml_volume.py").read_text() == text


def test_a_pipe_or_a_folder_with_the_name_of_a_schedule_holds_nothing_up(tmp_path: Path, make_plan: Any) -> None:
    os.mkfifo(tmp_path / "tsml_volume.py")
    (tmp_path / "tsml_other.py").mkdir()
    assert [bool(schedule.error) for schedule in list_schedules(str(tmp_path))] == [True, True]
    for name in ("volume", "other"):
        with pytest.raises(ScheduleError, match="is not a file"):
            place_dag(make_plan(tmp_path, name))
        with pytest.raises(ScheduleError, match="is not a file"):
            delete_schedule(name, str(tmp_path))


def test_the_list_has_every_schedule_and_says_what_is_wrong_with_broken_files(tmp_path: Path, make_plan: Any) -> None:
    place_dag(make_plan(tmp_path, "good"))
    literal = make_plan(tmp_path, "good").spec
    canary = tmp_path / "ran"
    broken = {
        "tsml_syntax.py": "SCHEDULE = {",
        "tsml_code.py": f"SCHEDULE = open({str(canary)!r}, 'w')\nopen({str(canary)!r}, 'w')\n",
        "tsml_keys.py": "SCHEDULE = {'name': 'x'}",
        "tsml_types.py": f"SCHEDULE = {literal | {'wait': 'soon'}!r}",
        "tsml_binary.py": "\x00\xff\ud7ff",
        "tsml_calendar.py": f"SCHEDULE = {literal | {'cadence': literal['cadence'] | {'calendar': 'XXXX'}}!r}",
    }
    for name, text in broken.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "tsml_copied.py").write_text((tmp_path / "tsml_good.py").read_text())
    (tmp_path / "tsml_folder.py").mkdir()
    (tmp_path / "tsml_gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "other.py").write_text("x = 1")
    found = {schedule.name: schedule for schedule in list_schedules(str(tmp_path))}
    assert set(found) == {"good", "syntax", "code", "keys", "types", "binary", "calendar", "copied", "folder", "gone"}
    assert found.pop("good").error is None
    assert all(schedule.error and "\n" not in schedule.error for schedule in found.values())
    assert not canary.exists()


def test_a_schedule_reads_back_as_it_was_planned(tmp_path: Path, make_plan: Any) -> None:
    plan = make_plan(tmp_path, publish={"table": {"connection": "warehouse", "table": "desk.predictions"}})
    place_dag(plan)
    schedule = read_schedule("volume", str(tmp_path))
    assert (schedule.run_id, schedule.model, schedule.calendar, schedule.at) == ("a" * 32, "ridge", "XNYS", "16:30")
    assert schedule.publish.table is not None
    assert schedule.publish.table.connection == "warehouse"
    assert len(schedule.next_runs) == 5
    assert literal_of(Path(plan.file).read_text()) == plan.spec


def test_a_deleted_schedule_is_gone_with_its_models_and_can_not_be_deleted_again(
    tmp_path: Path, make_plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TSML_HOME", str(tmp_path / "home"))
    for name in ("volume", "other"):
        (tmp_path / "home" / "deployments" / name / "run").mkdir(parents=True)
    (tmp_path / "home" / "predictions" / "volume").mkdir(parents=True)
    place_dag(make_plan(tmp_path / "dags"))
    delete_schedule("volume", str(tmp_path / "dags"))
    assert list((tmp_path / "dags").iterdir()) == []
    assert [path.name for path in (tmp_path / "home" / "deployments").iterdir()] == ["other"]
    assert (tmp_path / "home" / "predictions" / "volume").is_dir()
    with pytest.raises(NotFoundError, match="no such schedule"):
        delete_schedule("volume", str(tmp_path / "dags"))


@pytest.mark.parametrize("name", ["../other", "x/../../y", ""])
def test_no_file_outside_of_the_folder_can_be_read_or_deleted(tmp_path: Path, name: str) -> None:
    for call in (read_schedule, delete_schedule):
        with pytest.raises(ScheduleError, match="not a safe name"):
            call(name, str(tmp_path))


def test_an_empty_or_absent_folder_has_no_schedules(tmp_path: Path) -> None:
    assert list_schedules(str(tmp_path / "nowhere")) == []
