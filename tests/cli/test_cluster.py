"""tsml cluster: what a newcomer reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dsframework.cli import main
from dsframework.cli._cluster import cluster_text
from dsframework.records import ClusterNode, ClusterPool, ClusterProblem, ClusterReport

pytest.importorskip("ray")


def test_without_an_address_it_says_how_to_name_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cluster"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("cluster: none\nhere: python 3.")
    assert "no cluster is named: --executor ray starts a Ray on this machine\n    set RAY_ADDRESS to HOST:6379" in said


def test_a_cluster_that_no_study_could_use_is_told_as_json_with_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    assert main(["cluster", "--json"]) == 1
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["address"] == "ray://head:10001"
    (problem,) = told["problems"]
    assert problem["fatal"]
    assert problem["text"].startswith("RAY_ADDRESS: Ray Client (ray://) is not used")
    assert problem["mend"].startswith("give HOST:6379")


def test_nodes_pools_and_problems_stand_in_tables() -> None:
    has = {"CPU": 16.0, "memory": 64e9, "desk": 2.0}
    report = ClusterReport(
        address="10.0.0.5:6379",
        here={"python": "3.11.7", "ray": "2.60.0", "jupyterlab-tsml": "0.1.0", "numpy": "2.4"},
        there={"python": "3.11.9", "ray": "2.60.0"},
        nodes=[
            ClusterNode(address="10.0.0.5", host="a", head=True, has={"CPU": 0.0}, free={}),
            ClusterNode(address="10.0.0.7", host="b", head=False, has=has, free={"CPU": 4.0, "memory": 32e9, "desk": 1.0}),
        ],
        pools=[ClusterPool(name="desk", asks="1 CPU and 1 desk", fits=2, free=1)],
        problems=[ClusterProblem(text="something is wrong", mend="mend it")],
    )
    assert (
        cluster_text(report)
        == """cluster: 10.0.0.5:6379
here: python 3.11.7, ray 2.60.0, jupyterlab-tsml 0.1.0
head: python 3.11.9, ray 2.60.0

free of what each node has
node      is      CPUs     GPUs  memory       other resources
10.0.0.5  head    0 of 0   -     -            -
10.0.0.7  worker  4 of 16  -     32 of 64 GB  1 of 2 desk

pool  a fit asks for    fits at once  could begin now
desk  1 CPU and 1 desk  2             1

problems:
  something is wrong
    mend it"""
    )
    assert cluster_text(report.model_copy(update={"problems": []})).endswith("\n\nno problem was found")
