"""The new document as YAML with comments."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dsframework.migration._report import Place

__all__ = ["ABSENT", "as_yaml", "flow"]

_WIDTH = 118
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*([./-]+[A-Za-z0-9_]+)*\Z")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_HIDDEN = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INDENT = "  "
ABSENT = object()
"""The value of a key that has comments and nothing else: it is written as a comment too."""


def _shown(text: str) -> str:
    """A text for a comment: on one line, without signs that YAML does not allow."""
    return _HIDDEN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _BARE.match(text) and text.lower() not in _RESERVED:
        return text
    return '"' + _HIDDEN.sub(_escaped, text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def flow(value: Any) -> str:
    """Return a value on one line.

    >>> flow({"lag": {"columns": ["volume"], "periods": [0, 1]}})
    '{lag: {columns: [volume], periods: [0, 1]}}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return _scalar(value)


def as_yaml(document: Mapping[str, Any], comments: Mapping[Place, Sequence[str]], tails: Mapping[Place, Sequence[str]]) -> str:
    """Write a document.

    Parameters
    ----------
    document
        Plain data.
    comments
        What stands above the key or the item of a place; a place that is not in the document is said above the deepest part that is.
    tails
        Whole lines of comment below the last item of a place.
    """
    lines = list(_Writer(comments, tails).mapping(document, (), 0))
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, comments: Mapping[Place, Sequence[str]], tails: Mapping[Place, Sequence[str]]) -> None:
        self.comments, self.tails = comments, tails

    def mapping(self, values: Mapping[str, Any], place: Place, depth: int) -> Iterator[str]:
        for key, value in values.items():
            if value is ABSENT:
                yield from self.remarks((*place, key), depth, deep=True)
                yield f"{_INDENT * depth}# {_scalar(key)}:"
                yield from (f"{_INDENT * depth}#   {_shown(line)}" for line in self.tails.get((*place, key), ()))
                continue
            yield from self.entry(f"{_scalar(key)}:", value, (*place, key), depth)

    def entry(self, head: str, value: Any, place: Place, depth: int) -> Iterator[str]:
        """A key, or an item's dash, with its value on the same line where it fits."""
        spread = self.spread(value, place, len(head) + depth * len(_INDENT))
        yield from self.remarks(place, depth, deep=not spread)
        if not spread:
            yield f"{_INDENT * depth}{head} {_item(value) if head == '-' else flow(value)}"
        elif isinstance(value, dict):
            yield from self.block(head, value, place, depth)
        else:
            yield f"{_INDENT * depth}{head}"
            for position, item in enumerate(value):
                yield from self.entry("-", item, (*place, position), depth + 1)
        yield from (f"{_INDENT * (depth + 1)}# {_shown(line)}" for line in self.tails.get(place, ()))

    def block(self, head: str, values: Mapping[str, Any], place: Place, depth: int) -> Iterator[str]:
        if head == "-":  # a component: its name stands beside the dash
            ((name, values),) = values.items()
            head, place, depth = f"- {_scalar(name)}:", (*place, name), depth + 1
            yield f"{_INDENT * (depth - 1)}{head}"
        else:
            yield f"{_INDENT * depth}{head}"
        yield from self.mapping(values, place, depth + 1)

    def spread(self, value: Any, place: Place, taken: int) -> bool:
        """Whether a value takes more than one line: because it is long, or because something inside it has a remark of its own."""
        if not isinstance(value, dict | list) or not value or _is_short_component(value):
            return False
        if isinstance(value, list) and (len(place) == 1 or place[0] == "variants") and any(isinstance(item, dict) for item in value):
            return True
        if place in self.tails or taken + len(flow(value)) > _WIDTH:
            return isinstance(value, dict) or place in self.tails or any(isinstance(item, dict) for item in value)
        return len(place) == 1 and isinstance(value, dict) and any(isinstance(item, dict) for item in value.values())

    def remarks(self, place: Place, depth: int, *, deep: bool) -> Iterator[str]:
        found = [text for where, texts in self.comments.items() if (where[: len(place)] if deep else where) == place for text in texts]
        for text in found:
            yield from (f"{_INDENT * depth}# {line}" for line in _wrapped(text, depth))


def _is_short_component(value: Any) -> bool:
    """A component whose arguments are a bare list or nothing: it has no keys to put on lines of their own."""
    return isinstance(value, dict) and len(value) == 1 and not isinstance(next(iter(value.values())), dict)


def _item(value: Any) -> str:
    """An item of a list: a component without its outer braces."""
    return flow(value)[1:-1] if isinstance(value, dict) and len(value) == 1 else flow(value)


def _wrapped(text: str, depth: int) -> list[str]:
    width = _WIDTH - 2 - depth * len(_INDENT)
    return textwrap.wrap(_shown(text), width, break_long_words=False, break_on_hyphens=False, subsequent_indent="  ")
