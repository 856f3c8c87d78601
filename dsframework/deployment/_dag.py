"""A DAG file is a fixed body and one literal: writing the two, and reading the literal back without running the file."""

from __future__ import annotations

import ast
import json
import threading
from functools import lru_cache
from importlib.resources import files
from typing import Any

from dsframework.errors import ScheduleError

__all__ = ["body_of", "literal_of", "render_dag", "template"]

_NAME = "SCHEDULE"


@lru_cache(maxsize=1)
def template() -> str:
    """Return the fixed body; its literal is empty."""
    return files("dsframework.deployment").joinpath("_dag_template.py.txt").read_text(encoding="utf-8")


def render_dag(literal: dict[str, Any]) -> str:
    """Return the text of a DAG file, checked: the literal reads back as it was, and the rest is the template.

    Parameters
    ----------
    literal
        Plain JSON data.

    Raises
    ------
    ScheduleError
        When the data is not plain JSON, or does not survive the way through the text.
    """
    try:
        plain = json.loads(json.dumps(literal, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ScheduleError(f"the schedule is not plain data: {error}") from error
    head, tail = body_of(template())
    text = f"{head}{_NAME} = {_written(plain)}{tail}"
    if plain != literal or literal_of(text) != plain or body_of(text) != (head, tail):
        raise ScheduleError("the schedule does not read back as it was written")
    compile(text, "schedule", "exec", dont_inherit=True)
    return text


def _written(value: Any, indent: str = "") -> str:
    """Write plain data as a Python literal, one key a line."""
    if not isinstance(value, dict) or not value:
        return repr(value)
    lines = [f"{indent}    {key!r}: {_written(item, indent + '    ')},\n" for key, item in value.items()]
    return "{\n" + "".join(lines) + indent + "}"


def literal_of(text: str) -> dict[str, Any]:
    """Return the literal of a DAG file; nothing of the file is run.

    Raises
    ------
    ScheduleError
        When the text is not Python, or has not exactly one literal of that name.
    """
    try:
        value = ast.literal_eval(_assignment(text).value)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ScheduleError(f"{_NAME} is not a literal: {type(error).__name__}", mend="make the schedule again") from error
    if not isinstance(value, dict):
        raise ScheduleError(f"{_NAME} is not a mapping", mend="make the schedule again")
    return value


def body_of(text: str) -> tuple[str, str]:
    """Return what stands before and after the assignment of the literal."""
    node = _assignment(text)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    lines = text.encode().splitlines(keepends=True)
    head = b"".join(lines[: node.lineno - 1])
    tail = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return head.decode(), tail.decode()


_PARSING = threading.Lock()  # CPython 3.11 counts the depth of all threads together: "AST constructor recursion depth mismatch"


def _assignment(text: str) -> ast.Assign:
    try:
        with _PARSING:
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ScheduleError(f"is not Python: {error}", mend="make the schedule again") from error
    found = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == _NAME for target in node.targets)
    ]
    if len(found) != 1 or found[0] not in module.body or len(found[0].targets) != 1:
        raise ScheduleError(f"has not exactly one literal {_NAME}", mend="make the schedule again")
    return found[0]
