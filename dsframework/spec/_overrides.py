"""Settings such as ``tuning.trials=10`` laid over a document, for ``--set`` of the command line and of ``%%tsml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dsframework.errors import SpecError
from dsframework.spec._experiment import ExperimentSpec
from dsframework.spec._parse import SpecIssue, _read, spec_from_dict

__all__ = ["parse_with_overrides"]

_PART = re.compile(r"[^.\[\]]+|\[\d+\]")


def parse_with_overrides(text: str, settings: Sequence[str], *, source: str | None = None) -> ExperimentSpec:
    """Read a spec from YAML or JSON text and lay settings over it.

    Parameters
    ----------
    text
        The document.
    settings
        Texts ``path=value``; a path is dotted, ``models[0].ridge.alpha`` counts into a list, and a value is YAML.
    source
        A name for error messages.

    Raises
    ------
    SpecError
        With one issue a mistake, of the document or of a setting.

    Examples
    --------
    >>> text = '''
    ... name: volume
    ... task: regression
    ... data: {loader: sample}
    ... target: {column: volume}
    ... features: [{lag: {columns: [volume], periods: [0]}}]
    ... models: [ridge]
    ... '''
    >>> parse_with_overrides(text, ["target.horizon=5"]).target.horizon
    5
    """
    document, node = _read(text, source)
    for setting in settings:
        path, sign, value = setting.partition("=")
        if not sign or not path.strip():
            raise SpecError([SpecIssue("--set", f"{setting!r} is not of the form path=value", None, None, source)])
        _put(document, path.strip(), _value(value, setting, source), source)
    return spec_from_dict(document, source=source, node=node)


def _value(text: str, setting: str, source: str | None) -> Any:
    try:
        return _read(text, source)[0]
    except SpecError as error:
        raise SpecError([SpecIssue("--set", f"the value of {setting!r} is not valid YAML", None, None, source)]) from error


def _put(document: Any, path: str, value: Any, source: str | None) -> None:
    parts: list[str | int] = [int(part[1:-1]) if part.startswith("[") else part for part in _PART.findall(path)]
    here = document
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if isinstance(part, int):
            if not isinstance(here, list) or part >= len(here):
                raise SpecError([SpecIssue(path, "there is no such item to set", None, None, source)])
        elif not isinstance(here, dict):
            raise SpecError([SpecIssue(path, f"{part!r} can't be set inside a {type(here).__name__}", None, None, source)])
        if last:
            here[part] = value
        elif isinstance(part, str) and here.get(part) is None:
            here[part] = {}
            here = here[part]
        else:
            here[part] = {here[part]: {}} if isinstance(here[part], str) and here[part] == parts[position + 1] else here[part]
            here = here[part]
