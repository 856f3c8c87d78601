"""Changes to a document from outside it: ``split.cv.folds=3``, ``models[0].ridge.alpha=[1, 10]``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from dsframework.errors import SpecError
from dsframework.spec._issues import SpecIssue

__all__ = ["apply_settings"]

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def apply_settings(document: Any, settings: Sequence[str]) -> Any:
    """Return a copy of a document with some values set; the values are read as YAML.

    >>> apply_settings({"split": {"test": 0.2}}, ["split.test=0.3", "name=x"])
    {'split': {'test': 0.3}, 'name': 'x'}

    Raises
    ------
    SpecError
        When a setting is not ``path=value`` or its path leads nowhere.
    """
    for setting in settings:
        path, sign, text = setting.partition("=")
        parts = [int(number) if number else name for name, number in _PART.findall(path.strip())]
        if not sign or not parts:
            raise _wrong(setting, "expected path=value, such as split.cv.folds=3")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise _wrong(setting, "the value is not YAML") from error
        document = _put(document, parts, value, setting)
    return document


def _put(node: Any, parts: list[str | int], value: Any, setting: str) -> Any:
    if not parts:
        return value
    part, rest = parts[0], parts[1:]
    if isinstance(part, int):
        if not isinstance(node, list) or part >= len(node):
            raise _wrong(setting, f"there is no item [{part}]")
        return [_put(item, rest, value, setting) if position == part else item for position, item in enumerate(node)]
    if node is None:
        node = {}
    if isinstance(node, str):  # a component by its name alone takes arguments
        node = {node: {}}
    if not isinstance(node, dict):
        raise _wrong(setting, f"{part!r} leads into a plain value")
    return {**node, part: _put(node.get(part), rest, value, setting)}


def _wrong(setting: str, message: str) -> SpecError:
    return SpecError([SpecIssue(f"--set {setting}", message)])
