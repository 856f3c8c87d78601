"""From pydantic's errors to mistakes of a document: the field, its line, what is wrong and what was probably meant."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from dsframework.errors import one_line
from dsframework.spec._catalogue import BrokenPackageError, catalogue
from dsframework.spec._experiment import ExperimentSpec, Variants
from dsframework.spec._issues import SpecIssue, near_miss
from dsframework.spec._split import DEFAULT_METHOD
from dsframework.spec._stages import STAGES
from dsframework.spec._text import Path_, dotted, line_of, parts_of
from dsframework.spec._words import plain_words

__all__ = ["issues_of"]

_OF_COMPONENTS = (*STAGES, "evaluation")


def _fields_at(path: Path_, document: Any) -> list[str]:
    """The keys that are allowed where the unknown key of `path` stands."""
    parent = path[:-1]
    model: type[BaseModel] | None = ExperimentSpec
    stage: str | None = None
    value = document
    for position, part in enumerate(parent):
        value = value.get(part) if isinstance(value, dict) else (value[part] if isinstance(value, list) and isinstance(part, int) else None)
        if isinstance(part, str) and part in _OF_COMPONENTS and position <= 1:
            stage = part
        if part == "data" or (stage == "data" and isinstance(value, dict) and "loader" in value):
            loader = value.get("loader") if isinstance(value, dict) else None
            model = _known("data", str(loader), None)
        elif stage == "split" and part in ("cv", "inner"):
            method = value.get("method", DEFAULT_METHOD) if isinstance(value, dict) else DEFAULT_METHOD
            model = _known("splitters", str(method), model)
        elif stage in _OF_COMPONENTS and isinstance(part, str) and part not in _OF_COMPONENTS:
            deeper = (_inner(model, part) if model is not None else None) or model
            model = _known(stage, part, None) or (_known("models", part, model) if "select" in parent[:position] else deeper)
        elif model is not None and isinstance(part, str):
            model = _inner(model, part) or model
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _known(stage: str, name: str, otherwise: type[BaseModel] | None) -> type[BaseModel] | None:
    try:
        return catalogue.arguments(stage, name)
    except (KeyError, BrokenPackageError):
        return otherwise


def _inner(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model behind a field, through optional and dictionary types."""
    if name == "variants":
        return Variants
    for key, field in model.model_fields.items():
        if name in (key, field.alias):
            stack: list[Any] = [field.annotation]
            while stack:
                annotation = stack.pop()
                if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    return annotation
                stack.extend(getattr(annotation, "__args__", ()))
    return None


_UNION_TAGS = ("int", "float", "str", "constrained-int", "constrained-str", "literal['expanding']", "literal['auto']", "none")
_PLAIN = (
    "not_available",
    "range",
    "variants",
    "component",
    "mapping",
    "choice",
    "nested",
    "available",
    "aggregations",
    "joins",
    "resample",
    "connection",
)
"""Kinds of our own whose text needs nothing more."""


def issues_of(error: ValidationError, document: Any, node: yaml.Node | None, source: str | None) -> list[SpecIssue]:
    """Return one issue a mistake, in the order of the document's fields."""
    found: dict[str, SpecIssue] = {}
    for item in error.errors(include_url=False):
        if item["type"] == "spec":
            for problem in item["msg"].split("\x1e"):
                field, text = problem.split("\x1f")
                found[f"{field}\x1f{text}"] = SpecIssue(field, text, line_of(node, _path_of(field)), None, source)
            continue
        path = tuple(part for part in item["loc"] if str(part) not in _UNION_TAGS)
        field = dotted(path)
        if field in found and isinstance(item.get("input"), str):
            continue  # another form of the same field: a text was probably meant to be one of its words, which came first
        message, hint = _said(item, path, document)
        found[field] = SpecIssue(field, one_line(message), line_of(node, path), hint, source)
    issues = list(found.values())
    meant = {f"{issue.field.rpartition('.')[0]}.{issue.hint}".lstrip(".") for issue in issues if issue.hint}
    return [issue for issue in issues if not (issue.field in meant and issue.message.endswith("is missing"))]  # misspelt, not missing


def _path_of(field: str) -> Path_:
    """The way to a field; a key of `search.values` is a path itself."""
    key = field.removeprefix("search.values.")
    return parts_of(field) if key == field else ("search", "values", key)


def _said(item: Any, path: Path_, document: Any) -> tuple[str, str | None]:
    """What is wrong, and the key that was probably meant."""
    kind, given = item["type"], item.get("input")
    if kind == "extra_forbidden":
        key, known = str(path[-1]), _fields_at(path, document)
        hint = near_miss(key, known)
        listed = f", expected one of {', '.join(known)}" if hint is None and known else ""
        return f"unknown key {key!r}{listed}", hint
    if kind == "missing":
        return f"{str(path[-1])!r} is missing", None
    if kind == "literal_error":
        return _literal(item), None
    if kind in _PLAIN:
        return item["msg"], None
    return f"{plain_words(item)}, got {one_line(repr(given), 80)}", None


def _literal(item: Any) -> str:
    allowed = [part.strip(" '") for part in item["ctx"]["expected"].replace(" or ", ", ").split(",")]
    given = str(item.get("input"))
    if given in allowed:
        return f"{given!r} is a text here; write it without quotes"
    close = near_miss(given, allowed)
    return f"{given!r} is not available, try {close or ', '.join(allowed)}"
