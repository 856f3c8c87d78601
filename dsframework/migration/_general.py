"""What the old configuration says beside its stages: where runs go, and the direction of the preprocessing."""

from __future__ import annotations

import re
from pathlib import PurePath

from dsframework.migration._draft import Draft

__all__ = ["general", "prediction"]

_NO_NAME = ("default_experiment", "Default")
_MOST = 200
_SECRET = re.compile(r"//[^/@]*@")


def general(draft: Draft) -> None:
    """Take name and tracking over."""
    block = draft.old.root.block("general")
    name = block.text("experiment_name")
    if name and name not in _NO_NAME:
        draft.document["name"] = name[:_MOST]
        draft.document["tracking"] = {"experiment": name}
    else:
        draft.document["name"] = PurePath(draft.old.source).stem[:_MOST] or "migrated"
        block.tell("guessed", "experiment_name" if name else None, "there is no name of its own; that of the file stands here", ("name",))
    for key in ("mlflow_url", "url"):
        address = block.text(key)
        if address:
            shown = _SECRET.sub("//...@", address)
            text = f"the tracking server is no part of the document; set the environment variable MLFLOW_TRACKING_URI to {shown}"
            block.tell("not taken over", key, text, ("tracking",))
    if block.switch("log_models", default=True):
        block.tell("no effect", "log_models", "every run keeps its model here", ("tracking",)) if "log_models" in block else None
    else:
        block.tell("changed", "log_models", "every run keeps its model here", ("tracking",))
    draft.leftovers(block, ("tracking",))


def prediction(draft: Draft) -> None:
    """Take the direction of predictions over: here they always come back in the target's own unit."""
    block = draft.old.root.block("prediction")
    text = "predictions come back in the unit of the target here, always"
    if block.switch("preprocessing_reverse", default=True):
        if "preprocessing_reverse" in block:
            block.tell("no effect", "preprocessing_reverse", text, ("preprocessing",))
    else:
        block.tell("not taken over", "preprocessing_reverse", text, ("preprocessing",))
    draft.leftovers(block, ("preprocessing",))
