"""Libraries of other versions on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsframework.errors import ExecutorError
from dsframework.execution import Needs
from dsframework.execution._ray_code import RayCode, own_code_travels
from dsframework.execution._versions import refuse_differences, versions


def there(**others: str | None) -> dict[str, str | None]:
    return {**versions(), **others}


def test_the_same_versions_are_no_difference() -> None:
    assert refuse_differences(there(), Needs(libraries=("xgboost",)).distributions, "10.0.0.7") == []


def test_another_version_of_what_computes_is_refused_with_both_and_the_mend() -> None:
    here = np.__version__
    expected = rf"node far has numpy 1.26.0 \(here {here}\): .*; install numpy=={here} on the cluster, or set TSML_OTHER_VERSIONS=numpy"
    with pytest.raises(ExecutorError, match=expected):
        refuse_differences(there(numpy="1.26.0"), Needs().distributions, "far")


def test_what_a_study_does_not_use_may_be_of_any_version() -> None:
    assert refuse_differences(there(xgboost="1.0", polars="0.1"), Needs(libraries=("lightgbm",)).distributions, "x") == []


def test_another_version_may_be_allowed_and_a_missing_library_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSML_OTHER_VERSIONS", "numpy, scipy")
    assert [str(one) for one in refuse_differences(there(numpy="1.26.0"), Needs().distributions, "x")] == [
        f"numpy 1.26.0 (here {np.__version__})"
    ]
    with pytest.raises(ExecutorError, match=r"node x has scipy missing \(here .*; install scipy==[0-9.]+ on the cluster$"):
        refuse_differences(there(scipy=None), Needs().distributions, "x")


def test_a_study_that_comes_later_is_refused_where_a_node_is_known_already(tmp_path: Path) -> None:
    code = RayCode("10.0.0.5:6379", tmp_path)
    code.need(Needs())
    code.check("10.0.0.7", there(xgboost="1.0"))
    with pytest.raises(ExecutorError, match=r"node 10.0.0.7 has xgboost 1.0"):
        code.need(Needs(libraries=("xgboost",)))


def node(name: str, address: str, *, alive: bool = True) -> dict[str, Any]:
    return {"NodeID": name, "NodeManagerAddress": address, "Alive": alive}


@pytest.mark.parametrize(
    ("address", "nodes", "on_demand", "elsewhere"),
    [
        ("a:6379", [node("own", "10.0.0.5"), node("second", "10.0.0.5")], False, False),
        ("a:6379", [node("own", "10.0.0.5"), node("second", "10.0.0.6")], False, True),
        ("a:6379", [node("own", "10.0.0.5"), node("lost", "10.0.0.6", alive=False)], False, False),
        ("a:6379", [node("own", "10.0.0.5")], True, True),
        (None, [node("own", "10.0.0.5")], True, False),
    ],
)
def test_code_travels_only_where_a_fit_may_run_on_another_machine(
    address: str | None, nodes: list[dict[str, Any]], on_demand: bool, elsewhere: bool, tmp_path: Path
) -> None:
    code = RayCode(address, tmp_path)
    code.look(nodes, "own", on_demand=on_demand)
    assert code.elsewhere is elsewhere
    if not elsewhere:
        code.store()
        assert code.options() == {}
        assert not list(tmp_path.iterdir()), "nothing is copied"


def test_workers_that_cannot_start_beside_this_process_are_given_the_code(tmp_path: Path) -> None:
    code = RayCode("a:6379", tmp_path)
    code.look([node("own", "10.0.0.5")], "own", on_demand=False)
    code.failed()
    code.look([node("own", "10.0.0.5")], "own", on_demand=False)
    assert code.elsewhere


def test_edited_own_code_is_other_code_unless_the_cluster_is_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("A = 1\n")
    needs = Needs(code=(("mine.py", file),))
    first = own_code_travels("far:6379", needs)
    file.write_text("A = 2\n")
    assert first
    assert own_code_travels("far:6379", needs) not in ("", first)
    assert own_code_travels(None, needs) == ""
    RayCode("near:6379", tmp_path).look([node("own", "10.0.0.5")], "own", on_demand=False)
    assert own_code_travels("near:6379", needs) == ""
