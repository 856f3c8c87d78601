"""Storing and loading fitted models."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cloudpickle
import polars as pl

import dsframework
from dsframework.errors import NotFoundError, TrackingError, one_line
from dsframework.tracking._client import client, guard
from dsframework.tracking._environment import locked_requirements

__all__ = ["download_model", "load_pipeline", "log_pipeline"]

_NAME = "model"
_EXAMPLE_ROWS = 100

# MLflow 3.17 uses what pandas 3.1 calls outdated. The filter is for good, as the one of the client: `catch_warnings` is not safe beside
# fits in threads.
warnings.filterwarnings("ignore", message="Operation with range is deprecated", category=DeprecationWarning)


def log_pipeline(
    run_id: str,
    pipeline: Any,
    *,
    spec_yaml: str,
    about: dict[str, Any],
    example: pl.DataFrame,
    requirements: Sequence[str],
    own_modules: Sequence[str] = (),
) -> str:
    """Store a fitted pipeline as an MLflow model of a run.

    The model holds the pipeline, the spec, this package's code, a signature, an input example and the exact versions of everything it
    needs, so that it runs in an environment of its own.

    Parameters
    ----------
    run_id
        The run that the model belongs to.
    pipeline
        A `dsframework.experiment.FittedPipeline`.
    spec_yaml
        The document that it was made from.
    about
        Plain data for people and for the schedule: task, target, horizon, features, scores.
    example
        Raw rows that it can predict from.
    requirements
        Distributions that the fitted model itself needs.
    own_modules
        Imported modules that no distribution holds; they are stored in the pickle itself, for nobody else could import them.

    Returns
    -------
    str
        The model's address, ``models:/<id>``.
    """
    with tempfile.TemporaryDirectory() as folder, guard():
        bundle = Path(folder) / "bundle"
        bundle.mkdir()
        (bundle / "pipeline.pkl").write_bytes(_pickled(pipeline, own_modules))
        (bundle / "spec.yaml").write_text(spec_yaml, encoding="utf-8")
        (bundle / "about.json").write_text(json.dumps({"run_id": run_id, **about}, indent=1, default=str), encoding="utf-8")
        target = Path(folder) / _NAME
        _save(target, bundle, pipeline, example, requirements)
        return _upload(run_id, target, about)


def _pickled(pipeline: Any, own_modules: Sequence[str]) -> bytes:
    modules = [sys.modules[name] for name in own_modules]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(pipeline))
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _save(target: Path, bundle: Path, pipeline: Any, example: pl.DataFrame, requirements: Sequence[str]) -> None:
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec

    logging.getLogger("mlflow.pyfunc").setLevel(logging.WARNING)
    rows = _as_input(example)
    mlflow.pyfunc.save_model(
        path=str(target),
        python_model=str(Path(__file__).with_name("_pyfunc_model.py")),
        artifacts={"bundle": str(bundle)},
        code_paths=[str(Path(dsframework.__file__).parent)],
        pip_requirements=locked_requirements(requirements),
        signature=ModelSignature(
            inputs=_schema(example),
            outputs=_schema(pipeline.predict(example)),
            params=ParamSchema([ParamSpec("every_row", "boolean", default=False)]),
        ),
        input_example=rows,
    )


def _schema(frame: pl.DataFrame) -> Any:
    """MLflow's words for the columns of a frame; it would guess them from pandas values otherwise."""
    from mlflow.types import ColSpec, DataType, Schema

    def kind(column: pl.DataType) -> DataType:
        if column.is_temporal():
            return DataType.datetime
        if column == pl.Boolean:
            return DataType.boolean
        if column.is_integer():
            return DataType.long
        return DataType.double if column.is_float() else DataType.string

    return Schema([ColSpec(kind(column), name) for name, column in frame.schema.items()])


def _as_input(example: pl.DataFrame) -> Any:
    """Days become date-times, and those with a zone what the clocks there show: MLflow's schema has neither days nor zones."""
    days = [name for name, kind in example.schema.items() if kind == pl.Date]
    zoned = [name for name, kind in example.schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone]
    return example.with_columns(pl.col(days).cast(pl.Datetime("us")), pl.col(zoned).dt.replace_time_zone(None)).to_pandas()


def _upload(run_id: str, folder: Path, about: dict[str, Any]) -> str:
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    store = client()
    experiment = store.get_run(run_id).info.experiment_id
    for left in store.search_logged_models([experiment], filter_string=f"source_run_id = '{run_id}'"):
        store.delete_logged_model(left.model_id)  # of an attempt that died before the run had ended
    model = store.create_logged_model(
        experiment, name=_NAME, source_run_id=run_id, model_type="tsml", tags={"tsml.model": str(about.get("model", ""))}
    )
    store.log_model_artifacts(model.model_id, str(folder))
    store.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    store.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    store.set_tag(run_id, "tsml.model_uri", f"models:/{model.model_id}")
    return f"models:/{model.model_id}"


def download_model(run_id: str, target: Path) -> Path:
    """Copy the model of a run into the folder `target`, which must not exist yet.

    Raises
    ------
    NotFoundError
        When there is no such run, or it has no model.
    """
    store = client()
    with guard():
        tags = store.get_run(run_id).data.tags
    if "tsml.model_uri" not in tags:
        what = f"its status is {store.get_run(run_id).info.status}" if tags.get("tsml.kind") == "experiment" else "it is not an experiment"
        raise NotFoundError(f"run {run_id} has no model: {what}", mend="choose a finished experiment run (tsml runs)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".model-") as folder, guard():
        import mlflow.artifacts

        from dsframework.tracking._client import tracking_uri

        # not by its models:/ address: MLflow 3.17 looks that up in its default store, whatever tracking_uri says
        place = store.get_logged_model(tags["tsml.model_uri"].removeprefix("models:/")).artifact_location
        got = mlflow.artifacts.download_artifacts(artifact_uri=place, dst_path=f"{folder}/model", tracking_uri=tracking_uri())
        Path(got).rename(target)
    return target


def load_pipeline(source: str | Path) -> Any:
    """Load the fitted pipeline of a run (by its id) or of a downloaded model (by its folder).

    Only load models that you trust: a pickle runs code.
    """
    if isinstance(source, Path):
        return _load(source)
    with tempfile.TemporaryDirectory() as folder:
        return _load(download_model(source, Path(folder) / "model"))


def _load(folder: Path) -> Any:
    path = folder / "artifacts" / "bundle" / "pipeline.pkl"
    try:
        return cloudpickle.loads(path.read_bytes())
    except OSError as error:
        raise NotFoundError(f"{folder.name} holds no pipeline", value=str(path)) from error
    except (ImportError, AttributeError) as error:
        raise TrackingError(f"the model needs what is not here: {one_line(error)}", mend="load it in its own environment") from error
