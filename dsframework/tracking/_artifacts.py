"""Reading small files of a run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from dsframework.errors import NotFoundError, TsmlError
from dsframework.tracking._client import guard

__all__ = ["read_frame", "read_text"]


def read_text(store: Any, run_id: str, path: str) -> str:
    """Return a text artifact; raises `NotFoundError` when there is none."""
    with guard(), tempfile.TemporaryDirectory() as folder:
        try:
            return Path(store.download_artifacts(run_id, path, folder)).read_text(encoding="utf-8")
        except OSError as error:
            raise NotFoundError(f"run {run_id} has no {path}") from error


def read_frame(store: Any, run_id: str, path: str) -> pl.DataFrame | None:
    """Return a parquet artifact, or None when there is none that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with guard():
                local = store.download_artifacts(run_id, path, folder)
            return pl.read_parquet(local)
        except (TsmlError, OSError, pl.exceptions.PolarsError):
            return None
