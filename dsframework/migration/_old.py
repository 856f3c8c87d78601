"""The old configuration: blocks whose keys are taken one by one, so that what nobody took can be told."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from dsframework.errors import SpecError
from dsframework.migration._report import Finding, Kind, Place
from dsframework.spec import SpecIssue
from dsframework.spec._text import dotted, line_of, read_text

__all__ = ["Block", "OldDocument", "as_list", "as_switch", "read_old"]

_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class OldDocument:
    """The text that is read, and what was found in it so far.

    Attributes
    ----------
    source
        The name of its file.
    root
        Its outermost block.
    findings
        What was told so far.
    silent
        Whether nothing is told: a component that is switched off is being read.
    """

    def __init__(self, values: dict[str, Any], node: yaml.Node | None, source: str) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.silent = False
        self.root = Block(values, (), self)
        self._node = node

    def line(self, path: Place) -> int | None:
        """Return the line where a path stands, or the deepest part of it."""
        return line_of(self._node, path)

    def tell(self, kind: Kind, path: Place, text: str, place: Place) -> None:
        """Add a finding, unless the document is silent; the same one at the same place is told once."""
        if self.silent:
            return
        finding = Finding(kind, dotted(path), self.line(path), text, place)
        if finding not in self.findings:
            self.findings.append(finding)

    def wrong(self, path: Place, text: str, hint: str | None = None) -> SpecError:
        """Return the error of a configuration that can't be read."""
        return SpecError([SpecIssue(dotted(path), text, self.line(path) or 1, hint, self.source)])


class Block:
    """A mapping of the old configuration.

    A key counts as taken once somebody has asked for it; `left` tells the others.
    """

    def __init__(self, values: dict[str, Any], path: Place, document: OldDocument) -> None:
        self.values, self.path, self.document = values, path, document
        self._taken: set[str] = set()
        self._below: dict[str, Block] = {}
        self._lists: dict[str, list[Block]] = {}

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def take(self, key: str, default: Any = None) -> Any:
        """Return a value, and the default where it is absent or none."""
        self._taken.add(key)
        value = self.values.get(key)
        return default if value is None else value

    def text(self, key: str) -> str | None:
        """Return a text or a number as a text; raises `SpecError` for a list or a mapping."""
        value = self.take(key)
        if isinstance(value, dict | list | bool):
            raise self.wrong(key, f"expected a text, got {value!r}")
        return None if value is None else str(value)

    def number(self, key: str) -> float | None:
        """Return a number; raises `SpecError` for anything else."""
        value = self.take(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)):
            raise self.wrong(key, f"expected a number, got {value!r}")
        return value

    def whole(self, key: str) -> int | None:
        """Return a whole number, written as 5 or 5.0; raises `SpecError` for anything else."""
        value = self.number(key)
        if value is None:
            return None
        if not float(value).is_integer():
            raise self.wrong(key, f"expected a whole number, got {value!r}")
        return int(value)

    def switch(self, key: str, *, default: bool) -> bool:
        """Return whether something is on; raises `SpecError` for what is neither true nor false."""
        value = as_switch(self.take(key, default))
        if value is None:
            raise self.wrong(key, f"expected true or false, got {self.values[key]!r}")
        return value

    def block(self, key: str) -> Block:
        """Return a mapping below this one, an empty one where it is absent; raises `SpecError` for anything else."""
        value = self.take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "expected settings, such as {key: value}")
        return self._below.setdefault(key, Block(value, (*self.path, key), self.document))

    def blocks(self, key: str) -> list[Block]:
        """Return the components of a list: ``{class: ..., use: ...}``, or the class alone; raises `SpecError` for anything else."""
        if key in self._lists:
            return self._lists[key]
        found = self._lists.setdefault(key, [])
        for position, item in enumerate(as_list(self.take(key, []))):
            path = (*self.path, key, position)
            values = {"class": item} if isinstance(item, str) else item
            if not isinstance(values, dict):
                raise self.document.wrong(path, f"expected a component such as {{class: dsframework.impl.MinMaxScaler}}, got {item!r}")
            found.append(Block(values, path, self.document))
        return found

    def left(self) -> Iterator[str]:
        """Return the keys that nobody took and that say something."""
        return (key for key, value in self.values.items() if key not in self._taken and value not in (None, "", [], {}))

    def tell(self, kind: Kind, key: str | None, text: str, place: Place) -> None:
        """Add a finding about a key of this block, or about the block itself."""
        self.document.tell(kind, self.path if key is None else (*self.path, key), text, place)

    def wrong(self, key: str | None, text: str, hint: str | None = None) -> SpecError:
        """Return the error of a key that can't be read."""
        return self.document.wrong(self.path if key is None else (*self.path, key), text, hint)


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, nothing as an empty one, and one value as a list of it.

    >>> as_list("VOLUME"), as_list(None)
    (['VOLUME'], [])
    """
    return value if isinstance(value, list) else [] if value is None else [value]


def as_switch(value: Any) -> bool | None:
    """Return what a switch says, also as YAML 1.1 wrote it, or None when it is no switch.

    >>> as_switch("Yes"), as_switch(False), as_switch("CatBoostRegressor")
    (True, False, None)
    """
    return value if isinstance(value, bool) else _SWITCHES.get(value.lower()) if isinstance(value, str) else None


def read_old(text: str, source: str) -> OldDocument:
    """Read an old configuration: YAML, JSON, or a dictionary as Python prints it.

    Raises
    ------
    SpecError
        When the text is none of them.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        text = re.sub(r"^[ \t]+", lambda found: found[0].replace("\t", " "), text, flags=re.MULTILINE)  # JSON may be indented with tabs
    values, node = read_text(text, source)
    if not isinstance(values, dict):
        raise SpecError([SpecIssue("", "expected a configuration with 'datafeeds', 'features', 'splitters' and so on", 1, None, source)])
    return OldDocument(_plain(values), node, source)


def _plain(value: Any) -> Any:
    """Keys as texts, and Python's None, as a printed dictionary has it, as nothing."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if value == "None" else value
