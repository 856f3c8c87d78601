"""Shift-Tab: what the key, the name or the command under the cursor means."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_client.manager import start_new_kernel
from tsml_kernel._inspection import describe

CASES = [
    ("%%tsml\nsplit: {cv: {fol|ds: 2}}", "folds\ndefault: 5"),
    ("%%tsml\nmodels:\n  - rid|ge", "ridge\nLinear regression with a quadratic penalty (scikit-learn).\nkeys: alpha, fit_intercept"),
    ("%%tsml\nmodels: [ridge|]", "Linear regression with a quadratic penalty"),
    ("%%tsml\nmodels:\n  - |lightgbm: {max_depth: 3}", "keys: n_estimators, num_leaves, max_depth"),
    ("%%tsml\ndata:\n  loa|der: csv", "one of: csv, duckdb, frame, onetick, parquet, sample, sql"),
    ("%%tsml\ntuning: {meth|od: grid}", "one of: grid, random, sobol, tpe, gp, cmaes"),
    ("%%tsml --exec|utor ray\nname: x", "--executor {local,ray,threads}"),
    ("%tsml comp|are", "usage: %tsml compare"),
]


@pytest.mark.parametrize(("marked", "expected"), CASES)
def test_the_word_under_the_cursor_is_explained(marked: str, expected: str) -> None:
    assert expected in (describe(marked.replace("|", ""), marked.index("|")) or "")


@pytest.mark.parametrize("marked", ["x = na|me", "%%tsml\nname: fo|o", "%%tsml\nno_su|ch: 1", "%tsml nothi|ng", "%%tsmlx\nna|me: x", "|"])
def test_what_is_not_ours_or_unknown_is_left_to_the_kernel(marked: str) -> None:
    assert describe(marked.replace("|", ""), marked.index("|")) is None


@pytest.fixture(scope="module")
def kernel() -> Iterator[object]:
    manager, client = start_new_kernel(kernel_name="python3")
    client.execute_interactive("%load_ext jupyterlab_tsml\n%reload_ext jupyterlab_tsml", timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_a_kernel_answers_with_it_and_explains_python_as_before(kernel: object) -> None:
    def inspect(marked: str) -> str:
        reply = kernel.inspect(marked.replace("|", ""), marked.index("|"), reply=True, timeout=30)  # type: ignore[attr-defined]
        return str(reply["content"]["data"].get("text/plain", ""))

    assert inspect("%%tsml\nsplit: {cv: {fol|ds: 2}}") == "folds\ndefault: 5"
    assert "Return the number of items" in inspect("le|n")
    kernel.execute_interactive("%unload_ext jupyterlab_tsml", timeout=60)  # type: ignore[attr-defined]
    assert inspect("%%tsml\nsplit: {cv: {fol|ds: 2}}") == ""
