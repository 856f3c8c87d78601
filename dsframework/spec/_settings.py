"""Changes to a document from outside it: ``split.cv.folds=3``, ``models[0].ridge.alpha=[1, 10]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from dsframework.errors import SpecError
from dsframework.spec._issues import SpecIssue
from dsframework.spec._text import parts_of, read_value

__all__ = ["apply_settings", "setting_of"]


def apply_settings(document: Any, settings: Sequence[str]) -> Any:
    """Return a copy of a document (a spec, or the request of a schedule) with some values set; the values are read as YAML.

    >>> apply_settings({"split": {"test": 0.2}}, ["split.test=0.3", "name=x"])
    {'split': {'test': 0.3}, 'name': 'x'}

    Raises
    ------
    SpecError
        When a setting is not ``path=value`` or its path leads nowhere.
    """
    for setting in settings:
        path, sign, text = setting.partition("=")
        parts = parts_of(path)
        if not sign or not parts:
            raise _wrong(setting, f"{setting!r} is not of the form path=value, such as split.cv.folds=3")
        try:
            value = read_value(text)
        except yaml.YAMLError as error:
            raise _wrong(setting, "the value is not YAML") from error
        document = _put(document, parts, value, setting)
    return document


def _put(node: Any, parts: tuple[str | int, ...], value: Any, setting: str) -> Any:
    if not parts:
        return value
    part, rest = parts[0], parts[1:]
    if isinstance(part, int):
        if not isinstance(node, list) or part >= len(node):
            raise _wrong(setting, f"there is no item [{part}]")
        return [_put(item, rest, value, setting) if position == part else item for position, item in enumerate(node)]
    if node is None:
        node = {}
    if isinstance(node, str) and node == part:  # a component by its name alone takes arguments
        node = {node: {}}
    if not isinstance(node, dict):
        raise _wrong(setting, f"{part!r} leads into a plain value")
    return {**node, part: _put(node.get(part), rest, value, setting)}


def setting_of(field: str, settings: Sequence[str]) -> str | None:
    """Return the last setting that `field` lies in: where a mistake stands, in place of a line of the document.

    >>> setting_of("models[0].ridge.alpha", ["models[0]=ridge", "name=x"])
    'models[0]=ridge'
    """
    parts = parts_of(field)
    inside = (setting for setting in reversed(settings) if (path := parts_of(setting.partition("=")[0])) == parts[: len(path)])
    return next(inside, None)


def _wrong(setting: str, message: str) -> SpecError:
    return SpecError([SpecIssue("", message, None, None, f"--set {setting}")])
