"""Claims, leases and quotas of a cluster, with a clock that the test turns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsframework.errors import ExecutorError
from dsframework.execution._quotas import Quotas, read_quotas
from dsframework.execution._share_keeper import Asked, ShareKeeper, Wish
from dsframework.execution._shares import Quota


class Cluster:
    """A keeper on a cluster of eight processors."""

    def __init__(self, folder: Path) -> None:
        self.now, self.whole, self.free = 0.0, {"CPU": 8.0}, {"CPU": 8.0}
        self.file = folder / "quotas.yaml"
        self.keeper = ShareKeeper(lambda: (self.whole, self.free), self.file, lambda: self.now)

    def ask(self, user: str, wants: int, has: int = 0, **more: Any) -> Any:
        self.now += 0.5
        given = {"crew": user, "pool": "cpu", "fit": {"CPU": 1.0}, "room": 8, "on_demand": False, "idle": 0, "coming": 0, **more}
        answer = self.keeper.ask(Asked(user=user, wishes={1: Wish("normal", wants, has)} if wants else {}, **given))
        return answer if not wants else answer.standings[1]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_one_who_is_alone_has_all_and_shares_with_who_comes(cluster: Cluster) -> None:
    assert cluster.ask("ann", 20).may == 8
    assert cluster.ask("bob", 20).may == 4
    mine = cluster.ask("ann", 20, has=8)
    assert (mine.may, mine.place) == (4, None)
    theirs = cluster.ask("bob", 20)
    assert (theirs.may, theirs.place, theirs.why) == (4, 1, "user ann has 8 of 8 fits in flight")


def test_a_driver_that_dies_lets_go(cluster: Cluster) -> None:
    cluster.ask("ann", 20, has=8)
    cluster.now += 3
    assert cluster.ask("bob", 20).may == 4
    cluster.now += 3
    assert cluster.ask("bob", 20).may == 8


def test_a_driver_that_is_done_lets_go_at_once(cluster: Cluster) -> None:
    cluster.ask("ann", 20, has=8)
    cluster.ask("ann", 0)
    assert cluster.ask("bob", 20).may == 8


def test_idle_workers_are_asked_back_when_others_wait(cluster: Cluster) -> None:
    assert not cluster.ask("ann", 0, idle=8).others_wait
    cluster.ask("bob", 2)
    assert cluster.ask("ann", 0, idle=8).others_wait


def test_what_others_than_studies_take_is_not_shared_out(cluster: Cluster) -> None:
    cluster.free = {"CPU": 4.0}
    assert cluster.ask("ann", 20).may == 8, "it may be a worker that is just coming or going"
    for _ in range(30):
        cluster.ask("ann", 20, has=2, coming=0)
    assert cluster.ask("ann", 20, has=2).may == 6
    assert cluster.ask("bob", 20).may == 3


def test_a_pool_whose_machines_are_started_on_demand_is_counted_by_itself(cluster: Cluster) -> None:
    assert cluster.ask("ann", 20, room=16, on_demand=True, pool="burst").may == 16
    assert cluster.ask("bob", 20).may == 8


def test_what_the_nodes_have_no_room_for_is_not_shared_out(cluster: Cluster) -> None:
    """Two nodes of four processors do one fit of two and a half each, though eight are enough for three."""
    cluster.whole = {"CPU": 8.0, "memory": 1e12}
    wide: dict[str, Any] = {"fit": {"CPU": 2.5, "memory": 1e9}, "room": 2}
    assert cluster.ask("ann", 20, **wide).may == 2
    assert cluster.ask("bob", 20, **wide).may == 1
    assert cluster.ask("ann", 20, **wide).may == 1


def test_of_what_is_not_there_one_is_asked_for(cluster: Cluster) -> None:
    assert cluster.ask("ann", 20, fit={"GPU": 1.0}, pool="gpu").may == 1


def test_quotas_are_read_again_and_the_last_good_ones_count(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    cluster.file.write_text("everybody: {fits: 3}\nann: {pools: {gpu: 1}}\nbob: {fits: 5, share: 2}\n")
    assert cluster.ask("ann", 20).may == 3
    assert cluster.ask("bob", 20).may == 5
    assert cluster.ask("cid", 20, has=0).may <= 3
    cluster.file.write_text("everybody: {fits: many}")
    cluster.now += 6
    assert cluster.ask("ann", 20, has=3).may <= 3
    assert "quotas.everybody.fits" in capsys.readouterr().err
    cluster.file.unlink()
    cluster.now += 6
    assert cluster.ask("ann", 20, has=3).may == 8


def test_a_line_has_what_everybody_has_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "quotas.yaml"
    assert read_quotas(path) == Quotas()
    path.write_text("everybody: {fits: 32, pools: {gpu: 2}}\nann: {share: 2, priority: high}\nbob:\n")
    found = read_quotas(path)
    assert found.users == {"ann": Quota(32, 2.0, "high", {"gpu": 2}), "bob": Quota(32, pools={"gpu": 2})}
    assert found.everybody == Quota(32, pools={"gpu": 2})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ann: {fits: 0}", "quotas.ann.fits: Input should be greater than or equal to 1 (got 0)"),
        ("ann: {pool: 3}", "quotas.ann.pool: Extra inputs are not permitted (got 3)"),
        ("ann: 3", "expected names of users, each with what the user gets"),
        ("[ann", "quotas.yaml can't be read"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "quotas.yaml").write_text(text)
    with pytest.raises(ExecutorError) as caught:
        read_quotas(tmp_path / "quotas.yaml")
    assert said in str(caught.value)
