"""A model bundle: the folder with a recorded model, its exact requirements and the code that it was made with.

* ``MLmodel``, ``requirements.txt``, ``origin.json``: what MLflow recorded, the Python that the requirements belong to, and the
  folder that relative paths of the spec are seen from
* ``code/dsframework/``: the package as it was when the model was fitted
* ``artifacts/bundle/``: ``spec.yaml``, ``pipeline.pkl`` (a `dsframework.experiment.FittedPipeline`), ``about.json``
"""

from __future__ import annotations

import json
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsframework.deployment._atomic import place_folder
from dsframework.deployment._run import base_folder
from dsframework.errors import NotFoundError, ScheduleError

if TYPE_CHECKING:
    from dsframework.experiment import FittedPipeline

__all__ = ["Bundle", "download_bundle", "load_bundle", "materialise"]

_NEEDED = ("MLmodel", "requirements.txt", "code/dsframework/__init__.py", "artifacts/bundle/pipeline.pkl", "artifacts/bundle/about.json")


@dataclass(frozen=True)
class Bundle:
    """A loaded model and what is known of it."""

    folder: Path
    pipeline: FittedPipeline
    about: dict[str, Any]
    base: Path


def materialise(run_id: str, folder: Path) -> Path:
    """Copy the run's model to `folder`, unless it is there already; it is there whole or not at all.

    Raises
    ------
    NotFoundError
        When the run has no model.
    ScheduleError
        When the model was recorded without what a schedule needs.
    """
    if not folder.is_dir():
        place_folder(folder, lambda temporary: download_bundle(run_id, temporary))
    return folder


def download_bundle(run_id: str, folder: Path) -> None:
    """Fetch the model of a run from MLflow into `folder` and write down which Python it needs."""
    from dsframework.tracking import download_model

    got = download_model(run_id, folder / "download")
    for item in got.iterdir():
        item.rename(folder / item.name)
    got.rmdir()
    missing = [name for name in _NEEDED if not (folder / name).exists()]
    if missing:
        raise ScheduleError(f"the recorded model lacks {', '.join(missing)}", field="run_id", value=run_id, mend="run the study again")
    study = json.loads((folder / "artifacts/bundle/about.json").read_text(encoding="utf-8")).get("study")
    origin = {**_python_of(folder), "base": base_folder(study)}
    (folder / "origin.json").write_text(json.dumps(origin), encoding="utf-8")


def _python_of(folder: Path) -> dict[str, str]:
    import yaml

    recorded = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    version = str(recorded["flavors"]["python_function"]["python_version"])
    base = getattr(sys, "_base_executable", sys.executable)
    return {"python": ".".join(version.split(".")[:2]), "executable": base}


def load_bundle(folder: Path) -> Bundle:
    """Load a bundle's fitted pipeline. This runs code of the bundle: do it in the model's own environment.

    Raises
    ------
    NotFoundError
        When the folder is not a bundle.
    ScheduleError
        When this environment can't load the model.
    """
    inner = folder / "artifacts" / "bundle"
    try:
        about = json.loads((inner / "about.json").read_text(encoding="utf-8"))
        origin = json.loads((folder / "origin.json").read_text(encoding="utf-8"))
        content = (inner / "pipeline.pkl").read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError("not a model bundle", field="folder", value=str(folder), mend="make the schedule again") from error
    try:
        pipeline: FittedPipeline = pickle.loads(content)  # noqa: S301  the user's own model
    except (ImportError, AttributeError, pickle.UnpicklingError, EOFError) as error:
        mend = "run the study again, so that the model is stored with all that it needs"
        raise ScheduleError(f"the model can't be loaded here: {error}", field="run_id", value=about.get("run_id"), mend=mend) from error
    return Bundle(folder=folder, pipeline=pipeline, about=about, base=Path(origin["base"]))
