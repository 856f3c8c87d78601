"""The gallery: every notebook runs from top to bottom in a real kernel, and what it says is true."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from dsframework.migration import migrate_text
from dsframework.spec import parse_spec

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "examples" / "gallery"
PAGES = ROOT / "docs"
NOTEBOOKS = sorted(GALLERY.glob("*.ipynb"))
MARKET = Path(os.environ.get("TSML_TEST_DATA") or ROOT.parent / "shared" / "data").resolve()

CHECKS = {
    "01_simple_run": """
        assert best.test["mae"] < min(scores["mae"] for scores in best.baselines.values())
        assert best.audit.verdict == "clean"
        assert len(folds.folds) == 5
    """,
    "02_tuning": """
        assert (best.n_trials, grid.best.n_trials) == (8, 4)
        assert 3 <= best.params["num_leaves"] <= 31
        assert best.trials.deflated > best.trials.score
        assert best.beats_baselines
    """,
    "03_choosing_a_model": """
        assert sorted(row["verdict"] for row in rows).count("best") == 1
        assert len(rows) == 6
        assert result.frame["beats_baselines"].all()
    """,
    "04_choosing_preprocessing": """
        assert result.frame.height == 6
        gain = dict(by_model.select("model", "gain").iter_rows())
        assert gain["nearest_neighbors"] > gain["lightgbm"] > 0
    """,
    "05_selecting_features": """
        assert len(kept["all"]) == 39
        assert len(kept["information"]) == 10
        assert len(kept["shap"]) < len(kept["all"])
        assert result.best.beats_baselines
    """,
    "06_kinds_of_validation": """
        assert result.frame.height == 6
        spread = {one.variant["split"]: one.cv["mae"].std for one in result.result.experiments}
        assert [name for name, std in spread.items() if std == 0] == ["hold_out"]
        assert {check.verdict for one in result.result.experiments for check in one.audit.checks if check.name == "labels"} == {"clean"}
        assert picture.n_paths == 5 and len(picture.folds) == 15
    """,
    "07_naive_benchmark": """
        assert price.test["r2"] > 0.99 and price.beats_baselines is False
        assert volume.test["r2"] < 0.99 and volume.beats_baselines is True
    """,
    "08_several_instruments": """
        assert [one.status for one in result.result.experiments] == ["finished"] * 4
        assert table.n_rows == 6 and alone.frame.height == 6
        seen, unseen = (result.frame.filter(pl.col("split") == name)["cv_mape"].mean() for name in ("known", "unseen"))
        assert abs(unseen / seen - 1) < 0.1
    """,
    "09_custom_features": """
        assert [one.audit.verdict == "failed" for one in result.result.experiments] == [False, False, True]
        assert "smoothed" in worst.detail
        leaky = result.result.experiments[2]
        assert leaky.cv["mape"].mean < result.best.cv["mape"].mean and result.best.variant["features"] != "leaky"
    """,
    "10_custom_preprocessing": """
        assert [one.status for one in result.result.experiments] == ["finished", "finished", "finished", "failed"]
        assert "alone" in result.result.experiments[3].error
    """,
    "11_prediction_intervals": """
        assert [abs(score.coverage - score.nominal) < 0.05 for score in best.intervals.scores] == [True, True]
        worst = {row["intervals"]: row["worst stock"] for row in rows}
        assert worst["one width"] < worst["by level"] and worst["by level"] > 0.8
    """,
    "12_overriding_a_stage": """
        assert own.best.model == "python" and own.best.n_trials == 3
        assert len(cut.best.cv["mape"].folds) == 8
        assert 1 <= liquid["ticker"].n_unique() < 5
    """,
    "13_tuning_everything": """
        assert result.frame.height == 16
        assert all(len(one.cv["mape"].folds) == 10 for one in result.result.experiments)
        means = dict(effect("features").select("form", "cv_mape").iter_rows())
        assert means["season"] < means["lags"]
    """,
    "14_next_day_volume": """
        assert result.best.beats_baselines and market.best.beats_baselines
        assert market.best.audit.verdict == "clean"
    """,
    "15_intraday_volume_profile": """
        assert best.beats_baselines and best.variant == {"features": "day"}
        assert profile.height == 13
        assert (profile["predicted"] - profile["actual"]).abs().max() < 0.02
        assert total.best.beats_baselines
    """,
    "16_surveillance_anomalies": """
        flagged = result.predict(market, run_id=ecod.run_id, every_row=True).filter(pl.col("flagged"))
        assert flagged.join(truth, on=["time", "ticker"], how="semi").height >= 8
        assert 0 < sp500.best.test["share_flagged"] < 0.01
    """,
    "17_market_prediction_tca": """
        assert volatility.best.beats_baselines is False and found["volatility"].beats_baselines is True
        assert abs(direction.best.test["rank_ic"]) < 0.1
        assert backtest.figures["sharpe"] < 1
    """,
    "18_ticker_clusters": """
        assert result.best.cv["silhouette"].mean < market.best.cv["silhouette"].mean
        assert clusters.height == rows["ticker"].n_unique()
        assert clusters["cluster"].n_unique() >= 2
    """,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A folder and a home of their own for all notebooks, in which the real market is found where it is there."""
    folder = tmp_path_factory.mktemp("gallery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TSML_HOME", str(folder / "home"))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("TSML_TEST_DATA", str(MARKET))
        yield folder


def run(path: Path, place: Path, check: str) -> list[str]:
    """Execute a notebook and then its check; return what went wrong and what was written to the standard error."""
    notebook = nbformat.read(path, as_version=4)
    lines = "\n".join(line.strip() for line in check.strip().splitlines())
    notebook.cells.append(nbformat.v4.new_code_cell(lines))
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(place)}})
    done = client.execute()
    wrong = []
    for cell in done.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                wrong.append(f"{cell.source[:60]!r}: {output.ename}: {output.evalue}")
            if output.output_type == "stream" and output.name == "stderr":
                wrong.append(f"{cell.source[:60]!r} writes {output.text[:300]!r}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_what_it_says_is_true(path: Path, place: Path) -> None:
    assert run(path, place, CHECKS[path.stem]) == []


@pytest.mark.slow
def test_without_the_real_market_it_says_so_and_takes_a_sample(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSML_TEST_DATA", str(place / "nowhere"))
    check = 'assert real["loader"] == "sample" and clusters.height == 30'
    assert run(GALLERY / "18_ticker_clusters.ipynb", place, check) == []


def test_there_is_a_notebook_for_each_use_case_with_a_check_and_a_line_of_the_page() -> None:
    stems = [path.stem for path in NOTEBOOKS]
    assert stems == sorted(CHECKS)
    assert [int(stem[:2]) for stem in stems] == list(range(1, 19))
    page = (PAGES / "gallery.md").read_text(encoding="utf-8")
    assert [stem for stem in stems if f"| `{stem}` |" not in page] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_without_outputs_and_with_ids_of_its_own(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.outputs or cell.execution_count is not None] == []
    assert [cell.id for cell in notebook.cells] == [f"g{path.stem[:2]}-{number:02d}" for number in range(len(notebook.cells))]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].source.startswith(f"# {int(path.stem[:2])}. ")


def test_the_migration_page_shows_what_comes_out() -> None:
    blocks = (PAGES / "migration.md").read_text(encoding="utf-8").split("```yaml\n")[1:]
    old, new = (block.partition("```")[0] for block in blocks)
    assert yaml.safe_load(old)["training"]["use"] == "XGBRegressor"
    assert migrate_text(old, source="old.yml").spec == parse_spec(new)
