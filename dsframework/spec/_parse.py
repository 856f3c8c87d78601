"""Reading and writing the document: YAML or JSON to `ExperimentSpec` and back, with errors that name the line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from dsframework.errors import SpecError, TsmlError
from dsframework.spec._data import NOT_OF_A_SOURCE, JoinSpec
from dsframework.spec._experiment import ExperimentSpec
from dsframework.spec._issues import SpecIssue, near_miss
from dsframework.spec._mistakes import issues_of
from dsframework.spec._settings import apply_settings, setting_of
from dsframework.spec._stages import STAGES
from dsframework.spec._text import YAML_NUMBERS, line_of, parts_of, read_text

__all__ = ["SpecIssue", "load_spec", "located", "parse_spec", "spec_from_dict", "to_dict", "to_yaml", "validate_text"]

_NAMES = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


def spec_from_dict(document: Any, *, source: str | None = None, node: yaml.Node | None = None) -> ExperimentSpec:
    """Build a spec from plain data.

    Raises
    ------
    SpecError
        With one issue a mistake.
    """
    if not isinstance(document, dict):
        what = "is empty" if document is None else f"is {_NAMES.get(type(document), 'of another kind')}"
        raise SpecError(
            [SpecIssue("", f"the document {what}; expected 'version: 1', 'name: ...' and so on", 1 if node else None, None, source)]
        )
    try:
        return ExperimentSpec.model_validate(document)
    except ValidationError as error:
        raise SpecError(issues_of(error, document, node, source)) from None


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
    document, node = read_text(text, source)
    try:
        return spec_from_dict(apply_settings(document, settings), source=source, node=node)
    except SpecError as error:
        raise _blame_settings(error, settings) from None


def _blame_settings(error: SpecError, settings: Sequence[str]) -> SpecError:
    """Name the setting, and no line of the document, where a mistake came from outside it."""
    placed = ((issue, setting_of(issue.field, settings)) for issue in error.issues)
    return SpecError([replace(issue, line=None, source=f"--set {setting}") if setting else issue for issue, setting in placed])


def load_spec(path: str | Path, *, settings: Sequence[str] = ()) -> ExperimentSpec:
    """Read a spec from a file; raises `SpecError` when it can't be read or is wrong."""
    path = Path(path)
    return parse_spec(_text_of(path), source=path.name, settings=settings)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        near = path.parent.iterdir() if isinstance(error, FileNotFoundError) and path.parent.is_dir() else ()
        hint = near_miss(path.name, [other.name for other in near])
        raise SpecError([SpecIssue("", f"can't be read: {_reason(error)}", None, hint, str(path))]) from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text; save it as UTF-8"
    if isinstance(error, IsADirectoryError):
        return "it is a folder; name a file in it"
    return str(error.strerror) if isinstance(error, FileNotFoundError) else f"{error.strerror}; check the path and its permissions"


def located(error: TsmlError, path: str | Path, *, settings: Sequence[str] = ()) -> TsmlError:
    """Return a `SpecError` with file and line for what was found after the document was read.

    An error whose field is no part of the document, such as a server that does not answer, comes back as it is.
    """
    if isinstance(error, SpecError):
        issues = error.issues
    elif error.field and error.field.partition(".")[0].partition("[")[0] in STAGES:
        issues = (SpecIssue(error.field, str(error).removeprefix(f"{error.field}: ")),)
    else:
        return error
    if all(issue.source for issue in issues):
        return error
    node = read_text(_text_of(Path(path)), None)[1]
    found = [
        issue if issue.source else replace(issue, source=Path(path).name, line=line_of(node, parts_of(issue.field))) for issue in issues
    ]
    return _blame_settings(SpecError(found), settings)


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
        plain = {names[name].alias or name: _plain(getattr(value, name), full) for name in names if name in keep}
        if isinstance(value, JoinSpec):
            plain["source"] = {key: part for key, part in plain["source"].items() if key not in NOT_OF_A_SOURCE}
        return plain
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


for _kind, (_pattern, _first) in YAML_NUMBERS.items():  # beside its own: a text that either YAML takes for a number is quoted
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _pattern, list(_first))
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
