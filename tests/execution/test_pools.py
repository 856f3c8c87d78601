"""Pools that an administrator names, what a fit gets in them, and how many fits there is room for."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from dsframework.errors import ExecutorError, SpecError
from dsframework.execution import Placement, Work, _machine, make_executor, place, room_here
from dsframework.execution._ray_room import refuse_too_much, room_on
from dsframework.spec import Resources

FILE = """
desk: {resources: {desk: 1}, cpus: 4, memory: 8GB}
half: {gpus: 0.5, resources: {a100: 0.5}, workers: 16}
cpu: {memory: 1GB}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TSML_POOLS", raising=False)
    (tmp_path / "pools.yaml").write_text(FILE)
    return tmp_path


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight processors, 20 of 32 GB free, two GPUs."""
    monkeypatch.setattr(_machine, "processors", lambda: 8)
    monkeypatch.setattr(_machine, "memory", lambda: (32_000_000_000, 20_000_000_000))
    monkeypatch.setattr(_machine, "_gpus", lambda: 2)


def test_cpu_and_gpu_are_always_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TSML_POOLS", raising=False)
    assert place(Resources(), tmp_path) == Placement()
    assert place(Resources(pool="gpu", seconds=9.0), tmp_path) == Placement(pool="gpu", gpus=1, seconds=9.0)


def test_the_document_goes_before_the_pool(home: Path) -> None:
    assert place(Resources(), home).memory == 1_000_000_000
    desk = Placement(pool="desk", cpus=4, memory=8_000_000_000, resources=(("desk", 1.0),))
    assert place(Resources(pool="desk"), home) == desk
    assert place(Resources(pool="desk", cpus=1, memory="500MB"), home) == Placement("desk", 1, 0, 500_000_000, desk.resources)
    assert place(Resources(pool="half", gpus=0), home).gpus == 0


def test_pools_may_stand_in_a_file_of_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours.yaml").write_text("fast: {cpus: 2}")
    monkeypatch.setenv("TSML_POOLS", str(tmp_path / "ours.yaml"))
    assert place(Resources(pool="fast"), tmp_path / "home").cpus == 2


def test_an_unknown_pool_is_told_with_the_known_ones(home: Path) -> None:
    with pytest.raises(SpecError) as caught:
        place(Resources(pool="dsk"), home)
    assert str(caught.value) == "resources.pool: there is no pool 'dsk' here, only cpu, desk, gpu, half, did you mean 'desk'?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("desk: {cpus: none}", r"pools.desk.cpus: Input should be a valid integer \(got 'none'\)"),
        ("desk: {core: 4}", "pools.desk.core: Extra inputs are not permitted"),
        ("desk: {memory: lots}", "pools.desk.memory: expected a size of memory such as 500MB or 2GB"),
        ("desk: {gpus: 1.5}", "pools.desk.gpus: expected a part of one GPU"),
        ("my desk: {}", "pools.my desk: String should match pattern"),
        ("[desk]", "pools: expected names, each with what a fit takes there"),
        ("desk: {", "pools: pools.yaml can't be read"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(home: Path, text: str, said: str) -> None:
    (home / "pools.yaml").write_text(text)
    with pytest.raises(ExecutorError, match=said) as caught:
        place(Resources(), home)
    assert "\n" not in str(caught.value)


def test_a_named_file_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSML_POOLS", str(tmp_path / "none.yaml"))
    with pytest.raises(ExecutorError, match=r"TSML_POOLS: no such file \(got .*none.yaml'\)"):
        place(Resources(), tmp_path)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("placement", "room"),
    [
        (Placement(), 8),
        (Placement(cpus=3), 2),
        (Placement(cpus=8), 1),
        (Placement(memory=6_000_000_000), 3),
        (Placement(memory=30_000_000_000), 1),  # others use the memory now: one fit at a time
        (Placement(gpus=1), 2),
        (Placement(gpus=0.3), 6),
        (Placement(gpus=0.4), 4),
        (Placement(gpus=0.1, cpus=2), 4),
    ],
)
def test_as_many_fits_run_at_once_as_there_is_room_for(placement: Placement, room: int) -> None:
    assert room_here(placement) == room


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("placement", "said"),
    [
        (Placement(cpus=9), "a fit asks for 9 CPUs, this machine has 8 CPUs and 32 GB of memory"),
        (Placement(memory=64_000_000_000), "a fit asks for 1 CPU and 64 GB of memory, this machine has 8 CPUs and 32 GB of memory"),
        (Placement(gpus=4), "a fit asks for 1 CPU and 4 GPUs, this machine has 8 CPUs, 2 GPUs and 32 GB of memory"),
        (Placement(pool="desk", resources=(("desk", 1.0),)), "pool 'desk' is of workers on Ray .1 desk a fit.*; add --executor ray"),
    ],
)
def test_what_can_never_fit_is_refused_with_what_there_is(placement: Placement, said: str) -> None:
    with pytest.raises(ExecutorError, match=said):
        room_here(placement)


@pytest.mark.parametrize(
    ("each", "visible", "expected"),
    [
        (1, None, [["0"], ["1"]]),
        (0.5, None, [["0"], ["1"], ["0"], ["1"]]),
        (0.4, "GPU-a,GPU-b", [["GPU-a"], ["GPU-b"], ["GPU-a"], ["GPU-b"]]),
        (2, "5, 3", [["5", "3"]]),
    ],
)
def test_each_worker_sees_gpus_of_its_own(
    each: float, visible: str | None, expected: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many workers as there is room for share two GPUs evenly; what the administrator hides stays hidden."""
    monkeypatch.setattr(_machine, "_gpus", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    gpus = _machine.visible_gpus()
    assert [_machine.gpus_of_seat(seat, each, gpus) for seat in range(_machine.gpu_seats(2, each))] == expected


def own_gpus(_number: int) -> tuple[int, str | None]:
    time.sleep(0.02)  # so that one worker does not do all
    return os.getpid(), os.environ.get("CUDA_VISIBLE_DEVICES")


def test_fits_on_two_gpus_are_handed_out_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_machine, "_gpus", lambda: 2)
    monkeypatch.setattr(_machine, "processors", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    executor = make_executor("local", Placement(gpus=1), home=Path("nowhere"))
    found: dict[int, set[str | None]] = {}
    try:
        deadline = time.monotonic() + 120
        number = 0
        while len(found) < 2 and time.monotonic() < deadline:
            number += 2
            for one in (number, number + 1):
                executor.submit(Work(str(one), own_gpus, (one,)))
            for _, outcome in executor.wait(1.0):
                found.setdefault(outcome[0], set()).add(outcome[1])
    finally:
        executor.close()
    assert sorted(map(sorted, found.values())) == [["0"], ["1"]]


def test_no_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_machine, "_gpus", lambda: 0)
    with pytest.raises(ExecutorError, match=r"a fit asks for 1 CPU and 1 GPU, this machine has .* and no GPU"):
        room_here(Placement(gpus=1))


def test_this_machine_has_memory() -> None:
    total, free = _machine.memory()
    assert total is not None
    assert free is not None
    assert 0 < free <= total


def test_a_thread_can_not_be_ended(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError, match=r"resources.seconds: a thread can't be ended .*; use --executor local"):
        make_executor("threads", Placement(seconds=1.0), home=tmp_path)


def node(**has: float) -> dict[str, Any]:
    return {"Alive": True, "Resources": has}


NODES = [
    node(CPU=4, memory=8e9),
    node(CPU=4, memory=8e9),
    node(CPU=16, GPU=2, memory=64e9, desk=3),
    {"Alive": False, "Resources": {"CPU": 99}},
]


@pytest.mark.parametrize(
    ("placement", "room"),
    [
        (Placement(), 24),
        (Placement(cpus=3), 7),
        (Placement(gpus=0.5), 4),
        (Placement(resources=(("desk", 1.0),)), 3),
        (Placement(memory=5_000_000_000), 14),
        (Placement(cpus=64, workers=10), 10),
    ],
)
def test_a_cluster_has_the_room_of_its_nodes(placement: Placement, room: int) -> None:
    assert room_on(NODES, placement) == room


def test_what_no_node_has_is_refused_with_the_nodes_that_there_are() -> None:
    with pytest.raises(ExecutorError) as caught:
        refuse_too_much(NODES, Placement(pool="gpu", cpus=20, gpus=1))
    assert str(caught.value) == (
        "resources: no node has 20 CPUs and 1 GPU for a fit of pool 'gpu'; there is 2 with 4 CPUs and 8 GB of memory; "
        "1 with 16 CPUs, 2 GPUs and 64 GB of memory; ask for less, start a larger cluster, or say how many workers the pool may get where "
        "machines are started on demand"
    )
