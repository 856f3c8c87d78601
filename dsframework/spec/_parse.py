"""Reading and writing the document: YAML or JSON to `ExperimentSpec` and back, with errors that name the line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from dsframework.errors import SpecError, one_line
from dsframework.spec._component import catalogue, near_miss
from dsframework.spec._experiment import STAGES, ExperimentSpec, Variants
from dsframework.spec._issues import SpecIssue
from dsframework.spec._settings import apply_settings

__all__ = ["SpecIssue", "load_spec", "parse_spec", "spec_from_dict", "to_dict", "to_yaml", "validate_text"]

Path_ = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """A YAML loader that refuses keys given twice and keeps dates as texts."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key, _ in node.value:
        name = loader.construct_object(key, deep=True)
        if not isinstance(name, str | int | float | bool | type(None)):
            raise yaml.MarkedYAMLError(problem="a key must be a text", problem_mark=key.start_mark)
        if name in seen:
            raise yaml.MarkedYAMLError(problem=f"the key {name!r} stands twice (first in line {seen[name]})", problem_mark=key.start_mark)
        seen[name] = key.start_mark.line + 1
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: str(node.value))


def _read(text: str, source: str | None) -> tuple[Any, yaml.Node | None]:
    try:
        node = yaml.compose(text, Loader=_Loader)
        return yaml.load(text, Loader=_Loader), node  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        message = f"not valid YAML: {error.problem}"
        raise SpecError([SpecIssue("", message, mark.line + 1 if mark else None, None, source)]) from error
    except yaml.YAMLError as error:
        raise SpecError([SpecIssue("", f"not valid YAML: {one_line(error)}", None, None, source)]) from error
    except RecursionError as error:
        raise SpecError([SpecIssue("", "nested too deeply", None, None, source)]) from error


def _line(node: yaml.Node | None, path: Path_) -> int | None:
    """The line of the deepest part of `path` that stands in the text."""
    if node is None:
        return None
    line = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return int(line)


def _dotted(path: Path_) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _fields_at(path: Path_, document: Any) -> list[str]:
    """The keys that are allowed where the unknown key of `path` stands."""
    parent = path[:-1]
    model: type[BaseModel] | None = ExperimentSpec
    stage: str | None = None
    value = document
    for position, part in enumerate(parent):
        value = value.get(part) if isinstance(value, dict) else (value[part] if isinstance(value, list) and isinstance(part, int) else None)
        if isinstance(part, str) and part in STAGES and position <= 1:
            stage = part
        if part == "data" or (stage == "data" and isinstance(value, dict) and "loader" in value):
            loader = value.get("loader") if isinstance(value, dict) else None
            model = catalogue.arguments("data", str(loader)) if str(loader) in catalogue.names("data") else None
        elif stage in ("features", "preprocessing", "models") and isinstance(part, str) and part not in STAGES:
            known = catalogue.canonical(stage, part) in catalogue.names(stage)
            model = catalogue.arguments(stage, part) if known else model
        elif model is not None and isinstance(part, str):
            model = _inner(model, part) or model
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


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


def _issues(error: ValidationError, document: Any, node: yaml.Node | None, source: str | None) -> list[SpecIssue]:
    issues: list[SpecIssue] = []
    seen: set[str] = set()
    for item in error.errors(include_url=False):
        path = tuple(part for part in item["loc"] if str(part) not in _UNION_TAGS)
        message, hint = item["msg"], None
        if item["type"] == "spec":
            for problem in message.split("\x1e"):
                field, text = problem.split("\x1f")
                parts: Path_ = tuple(int(p) if p.isdigit() else p for p in field.replace("[", ".").replace("]", "").split("."))
                issues.append(SpecIssue(field, text, _line(node, parts), None, source))
            continue
        if item["type"] == "extra_forbidden":
            key, known = str(path[-1]), _fields_at(path, document)
            message = f"unknown key {key!r}"
            hint = near_miss(key, known)
            if hint is None and known:
                message += f", expected one of {', '.join(known)}"
        elif item["type"] == "missing":
            message = f"{str(path[-1])!r} is missing"
        elif item["type"] == "literal_error":
            message = _literal(item)
        elif item["type"] not in ("not_available", "searchable", "range", "test", "variants", "component", "mapping"):
            message = f"{message[:1].lower()}{message[1:]}, got {one_line(repr(item.get('input')), 80)}"
        elif item["type"] in ("searchable", "test"):
            message += f", got {one_line(repr(item.get('input')), 80)}"
        field = _dotted(path)
        if field in seen:
            continue
        seen.add(field)
        issues.append(SpecIssue(field, one_line(message), _line(node, path), hint, source))
    meant = {f"{issue.field.rpartition('.')[0]}.{issue.hint}".lstrip(".") for issue in issues if issue.hint}
    return [issue for issue in issues if not (issue.field in meant and issue.message.endswith("is missing"))]  # misspelt, not missing


def _literal(item: Any) -> str:
    allowed = [part.strip(" '") for part in item["ctx"]["expected"].replace(" or ", ", ").split(",")]
    given = str(item.get("input"))
    close = near_miss(given, allowed)
    return f"{given!r} is not available, try {close or ', '.join(allowed)}"


def spec_from_dict(document: Any, *, source: str | None = None, node: yaml.Node | None = None) -> ExperimentSpec:
    """Build a spec from plain data.

    Raises
    ------
    SpecError
        With one issue a mistake.
    """
    if not isinstance(document, dict):
        what = "is empty" if document is None else f"is a {type(document).__name__}"
        raise SpecError(
            [SpecIssue("", f"the document {what}; expected 'version: 1', 'name: ...' and so on", 1 if node else None, None, source)]
        )
    try:
        return ExperimentSpec.model_validate(document)
    except ValidationError as error:
        raise SpecError(_issues(error, document, node, source)) from None


def parse_spec(text: str, *, source: str | None = None, settings: Sequence[str] = ()) -> ExperimentSpec:
    """Read a spec from YAML or JSON text.

    Parameters
    ----------
    text
        YAML 1.1 (JSON is a part of it).
    source
        A name for error messages, such as the file's.
    settings
        Values to set, such as ``split.cv.folds=3``.

    Raises
    ------
    SpecError
        With one issue a mistake, each with its line.
    """
    document, node = _read(text, source)
    return spec_from_dict(apply_settings(document, settings), source=source, node=node)


def load_spec(path: str | Path, *, settings: Sequence[str] = ()) -> ExperimentSpec:
    """Read a spec from a file; raises `SpecError` when it can't be read or is wrong."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise SpecError([SpecIssue("", f"can't be read: {reason}", None, None, str(path))]) from error
    return parse_spec(text, source=path.name, settings=settings)


def validate_text(text: str) -> list[SpecIssue]:
    """Return the mistakes of a spec's text; an empty list when it is right."""
    try:
        parse_spec(text)
    except SpecError as error:
        return list(error.issues)
    return []


def to_dict(spec: ExperimentSpec, *, full: bool = False) -> dict[str, Any]:
    """Return the spec as plain data.

    Parameters
    ----------
    spec
        The spec.
    full
        Write every value, defaults included, and no shorthand: the canonical form, which the form of the sidebar edits.
    """
    return {key: value for key, value in _plain(spec, full).items() if value is not None}


def _plain(value: Any, full: bool) -> Any:
    from dsframework.spec._component import Component

    if isinstance(value, Component):
        return value.to_plain(full=full)
    if isinstance(value, BaseModel):
        names = type(value).model_fields
        keep = {name for name in names if full or name in value.model_fields_set or name in ("loader", "version", "task")}
        return {names[name].alias or name: _plain(getattr(value, name), full) for name in names if name in keep}
    if isinstance(value, dict):
        return {key: _plain(item, full) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, full) for item in value]
    return value


class _Dumper(yaml.SafeDumper):
    """Writes short lists and mappings of plain values on one line."""


def _flat(value: Any) -> bool:
    if isinstance(value, dict):
        return all(
            not isinstance(v, dict | list) or (isinstance(v, list) and all(not isinstance(i, dict | list) for i in v))
            for v in value.values()
        )
    return all(not isinstance(item, dict | list) for item in value)


def _represent(dumper: yaml.SafeDumper, value: Any) -> yaml.Node:
    short = _flat(value) and len(json.dumps(value, default=str)) <= 100
    if isinstance(value, dict):
        return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=bool(value) and short)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=short)


_Dumper.add_representer(dict, _represent)
_Dumper.add_representer(list, _represent)


def to_yaml(spec: ExperimentSpec) -> str:
    """Write the spec as YAML, in the order of the pipeline; `parse_spec` reads it back to an equal spec."""
    document = to_dict(spec)
    parts = []
    for key, value in document.items():
        parts.append(yaml.dump({key: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False))
    return "".join(_unfold(part) for part in parts)


def _unfold(part: str) -> str:
    """PyYAML puts a short one-key document on one line in braces; take the outer braces off."""
    text = part.rstrip("\n")
    return text[1:-1] + "\n" if text.startswith("{") and text.endswith("}") else part
