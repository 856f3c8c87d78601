"""What a submission is told by, before any data are read, so that the same one twice is one study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

from dsframework.data import file_states
from dsframework.errors import TsmlError
from dsframework.experiment import digest, expand
from dsframework.own_code import look_in
from dsframework.spec import DataSpec, ExperimentSpec, FrameData, SampleData, to_yaml
from dsframework.study._prepare import code_version, source_of

__all__ = ["SUBMISSION", "data_sources", "is_settled", "submission_key", "submission_tags"]

SUBMISSION = "tsml.submission"


def submission_key(spec: ExperimentSpec, folder: Path, user: str) -> str | None:
    """Return a hash of the document, its folder, who asks, own code, and the state of the data files; none of a data frame's.

    Raises
    ------
    DataError
        When a data file is not there.
    """
    sources = list(data_sources(spec))
    if any(isinstance(source, FrameData) for source in sources):
        return None
    look_in(str(folder))
    files = [[astuple(state) for state in file_states(source, folder)] for source in sources]
    code = [source_of(plan) for plan in expand(spec)]
    return digest([to_yaml(spec), str(folder), spec.tracking.experiment or spec.name, user, files, code, code_version()])


def submission_tags(spec: ExperimentSpec, folder: Path, user: str) -> dict[str, str]:
    """Return the tag by which a submission finds a study that was run here; none where there can be no such submission."""
    try:
        key = submission_key(spec, folder, user)
    except TsmlError:  # the study says so itself, and what else is wrong
        return {}
    return {SUBMISSION: key} if key else {}


def is_settled(spec: ExperimentSpec, folder: Path) -> bool:
    """Tell whether all data come from files, whose state is part of the key: what a database holds may be other rows by now."""
    return all(isinstance(source, SampleData) or file_states(source, folder) for source in data_sources(spec))


def data_sources(spec: ExperimentSpec) -> Iterator[DataSpec]:
    """Yield the sources of every experiment, those that are joined included."""
    for plan in expand(spec):
        yield from (plan.data, *(join.source for join in plan.data.joins.values()))
