"""Where in a YAML document a cursor stands, in a text that is still being written and need not parse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["ITEM", "Place", "place_at_end"]

ITEM = "[]"
_KEY = re.compile(r"""(?:"([^"]*)"|'([^']*)'|([\w.@-]+))\s*:(?=\s|$)""")
_WORD = re.compile(r"[\w.@-]*$")


@dataclass
class _Frame:
    """An open mapping or list: its column (-1 inside braces), its key, and the keys that were seen in it."""

    kind: str
    column: int
    key: str | None = None
    seen: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """The end of a text inside a document.

    Parameters
    ----------
    path
        The keys above the cursor; `ITEM` for a list.
    prefix
        The part of the word that is written already.
    value
        Whether a value is being written; a key otherwise, or a list item, which may be either.
    siblings
        The keys of the mapping around the cursor that stand before it, with their plain values.
    """

    path: tuple[str, ...]
    prefix: str
    value: bool
    siblings: dict[str, str]


def place_at_end(text: str) -> Place:
    r"""Say where the end of `text` is.

    >>> place_at_end("split:\n  cv: {fol").path
    ('split', 'cv')
    >>> place_at_end("models:\n  - xg").path
    ('models', '[]')
    """
    scan = _Scan()
    lines = text.split("\n")
    for line in lines[:-1]:
        scan.line(line)
    last = lines[-1]
    prefix = _WORD.search(last)
    word = prefix[0] if prefix else ""
    scan.line(last[: len(last) - len(word)], partial=True)
    return scan.place(word)


class _Scan:
    """Reads line by line and keeps the stack of open mappings and lists."""

    def __init__(self) -> None:
        self.stack: list[_Frame] = []

    def line(self, line: str, *, partial: bool = False) -> None:
        body = line if partial else re.sub(r"(^|\s)#.*$", "", line)
        if self._in_flow():
            self._flow(body)
            return
        if not body.strip() and not partial:
            return
        self._block(body, len(body) - len(body.lstrip(" ")), partial)

    def place(self, word: str) -> Place:
        path: list[str] = []
        for frame in self.stack:
            if frame.kind == "list":
                path.append(ITEM)
            elif frame.key is not None:
                path.append(frame.key)
        top = self.stack[-1] if self.stack else None
        value = top is not None and top.kind == "map" and top.key is not None
        seen = next((frame.seen for frame in reversed(self.stack) if frame.kind == "map"), {}) if not value else (top.seen if top else {})
        return Place(tuple(path), word, value, dict(seen))

    def _in_flow(self) -> bool:
        return bool(self.stack) and self.stack[-1].column < 0

    def _block(self, body: str, column: int, partial: bool) -> None:
        rest = body[column:]
        dash = rest.startswith("-") and (len(rest) == 1 or rest[1] == " ")
        self._leave(column, dash)
        while rest.startswith("- ") or rest == "-":
            if not (self.stack and self.stack[-1].kind == "list" and self.stack[-1].column == column):
                self.stack.append(_Frame("list", column))
            inner = rest[1:].lstrip(" ")
            column += len(rest) - len(inner)
            rest = inner
        found = _KEY.match(rest)
        if found:
            self._key(found, column)
            self._rest(rest[found.end() :])
        elif rest.startswith(("{", "[")):
            self._flow(rest)
        elif partial and not (self.stack and self.stack[-1].column == column and self.stack[-1].kind == "map"):
            above = self.stack[-1] if self.stack else None
            if above is None or above.kind == "list" or above.key is not None:
                self.stack.append(_Frame("map", column))

    def _key(self, found: re.Match[str], column: int) -> None:
        key = found[1] or found[2] or found[3] or ""
        if not (self.stack and self.stack[-1].kind == "map" and self.stack[-1].column == column):
            self.stack.append(_Frame("map", column))
        frame = self.stack[-1]
        frame.key = key
        frame.seen[key] = ""

    def _rest(self, rest: str) -> None:
        value = rest.strip()
        frame = self.stack[-1]
        if value.startswith(("{", "[")):
            self._flow(value)
        elif value and frame.key is not None:
            frame.seen[frame.key] = value.strip("'\"")

    def _leave(self, column: int, dash: bool) -> None:
        """Close what a line at this column ends; a list may stand at the column of its own key."""
        while self.stack:
            top = self.stack[-1]
            if top.column > column or (top.column == column and top.kind == "list" and not dash):
                self.stack.pop()
            elif top.column == column and top.kind == "map" and not dash:
                top.key = None
                return
            else:
                return

    def _flow(self, text: str) -> None:
        position = 0
        while position < len(text):
            sign = text[position]
            found = _KEY.match(text, position) if self._expects_key() else None
            if sign in "{[":
                self.stack.append(_Frame("map" if sign == "{" else "list", -1))
            elif sign in "}]":
                if self._in_flow():
                    self.stack.pop()
                if not self._in_flow():
                    return
            elif sign == "," and self.stack[-1].kind == "map":
                self.stack[-1].key = None
            elif found:
                frame = self.stack[-1]
                frame.key = found[1] or found[2] or found[3] or ""
                frame.seen[frame.key] = re.split(r"[,}\]]", text[found.end() :])[0].strip(" '\"")
                position = found.end()
                continue
            elif sign in "'\"":
                position = text.find(sign, position + 1) % (len(text) + 1)
            position += 1

    def _expects_key(self) -> bool:
        return self._in_flow() and self.stack[-1].kind == "map" and self.stack[-1].key is None
