"""What pydantic finds wrong with a value, in plain words."""

from __future__ import annotations

from typing import Any

import yaml

from dsframework.spec._models import IMPORT_PATH

__all__ = ["plain_words"]

_WORDS = {
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "dict_type": "expected settings, such as {{key: value}}",
    "model_type": "expected settings, such as {{key: value}}",
    "greater_than_equal": "expected a number >= {ge}",
    "greater_than": "expected a number > {gt}",
    "less_than_equal": "expected a number <= {le}",
    "less_than": "expected a number < {lt}",
    "missing": "is missing",
    "too_short": "expected a list that is not empty",
    "string_too_short": "expected a text that is not empty",
    "string_too_long": "expected at most {max_length} characters",
}


def plain_words(item: Any) -> str:
    """Say what one of pydantic's errors (of `ValidationError.errors`) asks for.

    >>> plain_words({"type": "less_than_equal", "ctx": {"le": 1}, "input": 2})
    'expected a number <= 1'
    """
    kind, given, context = item["type"], item.get("input"), item.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind].format(**context)
    if kind == "list_type":
        return "expected a list" + ("" if given is None or len(str(given)) > 40 else f", such as [{_flow(given)}]")
    if kind == "string_type":
        return "expected a text" + (f"; write {str(given)!r} with its quotes" if isinstance(given, int | float) else "")
    if kind == "string_pattern_mismatch" and context["pattern"] == IMPORT_PATH:
        return "expected an import path, such as sklearn.linear_model.Lasso"
    text = item["msg"].removeprefix("Value error, ")
    return f"{text[:1].lower()}{text[1:]}"


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("\n").removesuffix("\n...")
