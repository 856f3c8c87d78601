"""Fixtures that every test may use, and the rule that CI skips nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep every test out of the user's own `~/.tsml`, and away from a tracking server or a Ray that happens to run."""
    home = tmp_path_factory.mktemp("tsml-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TSML_HOME", str(home))
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "RAY_ADDRESS"):
            patch.delenv(name, raising=False)
        yield home


@pytest.fixture(autouse=True)
def nobody_left_at_work() -> Iterator[None]:
    """A study that ends, however it does, lets go of the workers that it shares with the next."""
    yield
    pool = getattr(sys.modules.get("dsframework.execution._pool"), "_pool", None)
    assert pool is None or not pool._queues


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder with real market data; tests skip where it is absent, and fail in CI."""
    folder = Path(os.environ.get("TSML_TEST_DATA") or ROOT.parent / "shared" / "data").resolve()
    if not (folder / "sp500_60.parquet").is_file():
        pytest.skip(f"no market data in {folder}; set TSML_TEST_DATA to the folder with sp500_60.parquet")
    return folder


@pytest.fixture(scope="session")
def airflow_python() -> Path:
    """The Python of an environment with a real Airflow: TSML_AIRFLOW_PYTHON, or that of `make setup`."""
    python = Path(os.environ.get("TSML_AIRFLOW_PYTHON") or ROOT / ".venvs" / "airflow" / "bin" / "python")
    if not python.with_name("airflow").is_file():
        pytest.skip(f"no Airflow beside {python}; run make setup, or set TSML_AIRFLOW_PYTHON")
    return python


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The Chromium that the browser tests drive."""
    candidates = [os.environ.get("TSML_CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))]
    found = next((path for path in candidates if path and Path(path).is_file()), None)
    if found is None:
        pytest.skip("no Chromium on the PATH; run make setup, or set TSML_CHROMIUM")
    return Path(found)


def _fail_in_ci(report: Any) -> Any:
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"} and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be skipped in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Turn a skip into a failure in CI."""
    return _fail_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Turn a module that skips itself into a failure in CI."""
    return _fail_in_ci((yield))
