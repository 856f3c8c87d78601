"""YAML 1.2 text to plain data: keys given twice are refused, dates and times stay texts, and a mistake has its line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from dsframework.errors import SpecError, one_line
from dsframework.spec._issues import SpecIssue

__all__ = ["YAML_NUMBERS", "Path_", "dotted", "line_of", "parts_of", "read_text", "read_value"]

Path_ = tuple[str | int, ...]
_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_MENDS = (
    ("mapping values are not allowed here", "a text with ': ' in it needs quotes, or the line above lacks its ':'"),
    ("cannot start any token", "indent with spaces, and put a text that begins with such a sign in quotes"),
    ("but found another document", "write one document, without a second '---'"),
    ("could not determine a constructor", "remove the tag that begins with '!'"),
    ("unconstructable recursive node", "an anchor can't hold itself"),
)


# PyYAML reads YAML 1.1, where 17:00 is the number 1020, 010 is 8, 1e-3 is a text and `no` is false. The form reads YAML 1.2; so does this.
YAML_NUMBERS = {
    "int": (re.compile(r"[-+]?[0-9]{1,4000}\Z|0o[0-7]{1,4000}\Z|0x[0-9a-fA-F]{1,4000}\Z"), "-+0123456789"),
    "float": (
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"),
        "-+.0123456789",
    ),
}
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """A YAML loader that refuses keys given twice and keeps dates and times as texts."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in (f"{_TAG}null", f"{_TAG}merge")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


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
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"(true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
for _kind, (_pattern, _first) in YAML_NUMBERS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", _pattern, list(_first))
_Loader.add_constructor(f"{_TAG}int", _whole_number)


def read_text(text: str, source: str | None) -> tuple[Any, yaml.Node | None]:
    """Return a document as plain data and as the nodes that know their lines; raises `SpecError`."""
    try:
        node = yaml.compose(text, Loader=_Loader)
        return yaml.load(text, Loader=_Loader), node  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise SpecError([SpecIssue("", _said(error), mark.line + 1 if mark else None, None, source)]) from error
    except yaml.reader.ReaderError as error:
        shown = f"#x{error.character:04x}" if isinstance(error.character, int) else repr(error.character)
        text = f"not valid YAML: it holds the character {shown}; save it as UTF-8 text"
        raise SpecError([SpecIssue("", text, None, None, source)]) from error
    except yaml.YAMLError as error:
        raise SpecError([SpecIssue("", f"not valid YAML: {one_line(error)}", None, None, source)]) from error
    except RecursionError as error:
        raise SpecError([SpecIssue("", "nested too deeply", None, None, source)]) from error


def _said(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem).replace("<stream end>", "the end of the text").removeprefix("but ")
    begun, found = error.context_mark, error.problem_mark
    if begun is not None and found is not None and begun.line < found.line and "another document" not in problem:
        problem += f" ({error.context}, which begins in line {begun.line + 1})"
    mend = next((mend for part, mend in _MENDS if part in str(error.problem)), None)
    return one_line(f"not valid YAML: {problem}" + (f"; {mend}" if mend else ""))


def read_value(text: str) -> Any:
    """Return one value written as YAML; raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)


def line_of(node: yaml.Node | None, path: Path_) -> int | None:
    """Return the line of the deepest part of `path` that stands in the text."""
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


def dotted(path: Path_) -> str:
    """Return a path as a person writes it: ``models[0].ridge.alpha``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def parts_of(field: str) -> Path_:
    """Return the parts of a path that a person wrote.

    >>> parts_of("models[0].ridge.alpha")
    ('models', 0, 'ridge', 'alpha')
    """
    return tuple(int(number) if number else name for name, number in _PART.findall(field.strip()))
