"""Shift-Tab in ``%%tsml`` cells: what the key or name under the cursor means, from the JSON Schema of the document."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._commands import COMMANDS, run
from tsml_kernel._schema_walk import explain
from tsml_kernel._yaml_context import place_at_end

__all__ = ["add_inspection", "describe", "remove_inspection"]

_REST_OF_WORD = re.compile(r"[\w.@-]*")
_OURS = "_tsml_inspect_before"

Inspect = Callable[..., dict[str, Any]]


def describe(code: str, position: int) -> str | None:
    """Explain what stands at a position of a cell; nothing where the cell is not ours or the word is unknown."""
    text = code[:position] + _matched(code[position:])
    first, _, body = text.lstrip("\n").partition("\n")
    if first.startswith("%tsml"):
        words = first.split()[1:]
        return COMMANDS[words[0]].parser().format_help() if words and words[0] in COMMANDS else None
    if not re.match(r"%%tsml(\s|$)", first):
        return None
    if "\n" not in text.lstrip("\n"):
        return run.parser().format_help()
    place = place_at_end(body)
    return explain(place) if place.prefix else None


def _matched(text: str) -> str:
    found = _REST_OF_WORD.match(text)
    return found[0] if found else ""


def add_inspection(shell: InteractiveShell) -> None:
    """Let a kernel ask us first; IPython has no hook for it. A terminal has no kernel, and stays as it is."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None or hasattr(kernel, _OURS):
        return
    before: Inspect = kernel.do_inspect

    def inspect(code: str, cursor_pos: int, *args: Any, **options: Any) -> dict[str, Any]:
        text = describe(code, cursor_pos)
        if text is None:
            return before(code, cursor_pos, *args, **options)
        return {"status": "ok", "found": True, "data": {"text/plain": text}, "metadata": {}}

    setattr(kernel, _OURS, before)
    kernel.do_inspect = inspect


def remove_inspection(shell: InteractiveShell) -> None:
    """Take it away again."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and hasattr(kernel, _OURS):
        kernel.do_inspect = getattr(kernel, _OURS)
        delattr(kernel, _OURS)
