"""From an old configuration to a new document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsframework.errors import SpecError
from dsframework.migration._data import datafeeds
from dsframework.migration._draft import Draft
from dsframework.migration._evaluation import evaluators
from dsframework.migration._features import features
from dsframework.migration._general import general, prediction
from dsframework.migration._models import models
from dsframework.migration._old import Block, OldDocument, read_old
from dsframework.migration._preprocessing import preprocessors
from dsframework.migration._report import Finding, Place
from dsframework.migration._target import splitters, targets
from dsframework.migration._training import settle_early_stopping, settle_resources, training
from dsframework.migration._write import ABSENT, as_yaml
from dsframework.spec import ExperimentSpec, SpecIssue, near_miss, parse_spec

__all__ = ["Migration", "migrate_file", "migrate_text"]

_ORDER = (
    "version",
    "name",
    "task",
    "data",
    "target",
    "features",
    "preprocessing",
    "split",
    "models",
    "variants",
    "tuning",
    "metrics",
    "resources",
    "tracking",
)
_TOP = (
    "general",
    "datafeeds",
    "features",
    "splitters",
    "preprocessors",
    "models",
    "training",
    "train_params",
    "prediction",
    "evaluators",
)
_HEAD = "Comments name the line of {source} that they are about, and what became of it."


@dataclass(frozen=True)
class Migration:
    """A new document, and what is to be known about it.

    Attributes
    ----------
    text
        The document as YAML, with a comment at each place that did not go over as it stood.
    spec
        The document, checked.
    findings
        One a place, in the order of the old configuration.
    source
        The name of the old file.
    """

    text: str
    spec: ExperimentSpec
    findings: tuple[Finding, ...]
    source: str

    @property
    def complete(self) -> bool:
        """Whether everything that had an effect was taken over."""
        return all(finding.kind != "not taken over" for finding in self.findings)


def migrate_file(path: str | Path) -> Migration:
    """Read an old configuration from a file; see `migrate_text`."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError([_unreadable(path, error)]) from error
    return migrate_text(text, source=path.name)


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> SpecIssue:
    if isinstance(error, UnicodeDecodeError):
        return SpecIssue("", "can't be read: it is not UTF-8 text; save it as UTF-8", None, None, str(path))
    if isinstance(error, IsADirectoryError):
        return SpecIssue("", "can't be read: it is a folder; name a file in it", None, None, str(path))
    near = [other.name for other in path.parent.iterdir()] if isinstance(error, FileNotFoundError) and path.parent.is_dir() else []
    return SpecIssue("", f"can't be read: {error.strerror}", None, near_miss(path.name, near), str(path))


def migrate_text(text: str, *, source: str = "old.yaml") -> Migration:
    """Turn a configuration of OneTick's data-science framework into a spec.

    Parameters
    ----------
    text
        Its YAML (0.0.72), or the dictionary of a class as `serialize_config` gives it (0.0.88): YAML, JSON, or as Python prints it.
    source
        The name of the old file, for comments and messages.

    Returns
    -------
    Migration
        Its text is a document that `parse_spec` accepts.

    Raises
    ------
    SpecError
        When the configuration can't be read: each issue is one line with the field, its line and what was probably meant.

    Examples
    --------
    >>> old = '''
    ... datafeeds: [{class: dsframework.impl.CSVDatafeed, filepath_or_buffer: bars.csv, index_col: time}]
    ... features: [{class: dsframework.impl.CalcLags, columns: [volume], periods: [1, 2]}]
    ... splitters: [{class: dsframework.impl.SplitXYTrainTest, columns_to_predict: [volume], test_size: 0.2, val_size: 0.1}]
    ... models: [{class: dsframework.impl.RandomForestRegressor, init_params: {n_estimators: [50]}}]
    ... '''
    >>> migrate_text(old).spec.features[0].to_plain()
    {'lag': {'columns': ['volume'], 'periods': [0, 1]}}
    """
    old = read_old(text, source)
    root = old.root
    if "training" in root and ("models" in root or "train_params" in root):
        raise root.wrong("training", "'training' is of the older dialect, 'models' and 'train_params' of the newer one; keep one of them")
    params = root.block("training" if "training" in root else "train_params")
    draft = Draft(old)
    draft.document |= {"version": 1, "name": "migrated", "task": "regression"}
    steps: tuple[Callable[[Draft], None], ...] = (general, datafeeds, targets, features, preprocessors, splitters, evaluators, prediction)
    for step in steps:
        step(draft)
    models(draft, params)
    training(draft, params)
    settle_early_stopping(draft, params)
    settle_resources(draft)
    _unknown_keys(root)
    return _finished(draft, old)


def _unknown_keys(root: Block) -> None:
    for key in root.left():
        close = near_miss(key, _TOP)
        root.tell("not taken over", key, f"{key!r} is no part of a configuration" + (f", did you mean {close!r}?" if close else ""), ())


def _finished(draft: Draft, old: OldDocument) -> Migration:
    document = {key: draft.document.get(key) or ABSENT for key in _ORDER if draft.document.get(key) or (key,) in draft.tails}
    findings = tuple(sorted(old.findings, key=lambda finding: finding.line or 0))
    comments: dict[Place, list[str]] = {}
    for finding in findings:
        if finding.kind in ("no effect", "not used"):
            continue  # the report has them; what was not used stands as a comment of its own
        place = _present(document, finding.place)
        comments.setdefault(place, []).append(finding.comment)
    head = [_HEAD.format(source=old.source), *comments.pop((), [])]
    text = as_yaml(document, {("version",): head, **comments}, draft.tails)
    return Migration(text, parse_spec(text, source="the migrated document"), findings, old.source)


def _present(document: Any, place: Place) -> Place:
    """The deepest part of a place that is in the document."""
    for depth, part in enumerate(place):
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return place[:depth]
    return place
