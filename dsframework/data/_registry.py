"""Loaders by name: those of this package, and those that other packages bring."""

from __future__ import annotations

from dsframework.data._base import Loader
from dsframework.data._csv import load_csv
from dsframework.data._duckdb import load_duckdb
from dsframework.data._frame import load_frame
from dsframework.data._onetick import load_onetick
from dsframework.data._parquet import load_parquet
from dsframework.data._sample import load_sample
from dsframework.data._sql import load_sql
from dsframework.errors import DataError
from dsframework.installed import added_by_packages
from dsframework.spec import DataSpec, catalogue, not_available

__all__ = ["find_loader", "loader_names", "loader_requirements", "register_loader"]

GROUP = "jupyterlab_tsml.loaders"
_loaders: dict[str, Loader] = {
    "csv": load_csv,
    "duckdb": load_duckdb,
    "frame": load_frame,
    "onetick": load_onetick,
    "parquet": load_parquet,
    "sample": load_sample,
    "sql": load_sql,
}
_DISTRIBUTIONS = {"duckdb": ("duckdb",), "onetick": ("onetick-py", "onetick-query-webapi")}
"""What a model that is served elsewhere reads its rows with; a database's driver is not known here, because its address is not."""


def register_loader(name: str, loader: Loader, settings: type[DataSpec] | None = None) -> None:
    """Add a loader.

    Parameters
    ----------
    name
        What ``data.loader`` says.
    loader
        See `Loader`.
    settings
        The model of its settings, which the form and the parser then know; left out when it is in the catalogue already.
    """
    _loaders[name] = loader
    if settings is not None:
        catalogue.register("data", name, settings)


def loader_names() -> list[str]:
    """Return the names of all loaders, sorted."""
    return sorted({*_loaders, *added_by_packages(GROUP)})


def loader_requirements(data: DataSpec) -> list[str]:
    """Return the distributions that reading `data` and its joined sources needs beside those of every model."""
    loaders = {data.loader, *(join.source.loader for join in data.joins.values())}
    return sorted(name for loader in loaders for name in _DISTRIBUTIONS.get(loader, ()))


def find_loader(name: str) -> Loader:
    """Return a loader; raises `DataError` when there is none."""
    if name not in _loaders:
        point = added_by_packages(GROUP).get(name)
        if point is not None:
            _loaders[name] = point.load()
    if name not in _loaders:
        raise DataError("loader " + not_available(name, loader_names()), field="data.loader")
    return _loaders[name]
