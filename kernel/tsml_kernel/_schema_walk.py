"""What the JSON Schema of a spec allows at a place of the document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from dsframework.spec import json_schema
from tsml_kernel._yaml_context import ITEM, Place

__all__ = ["explain", "suggestions"]

Schema = dict[str, Any]


def suggestions(place: Place) -> list[str]:
    """Return what may stand at a place, best first: keys with a colon, and values as they are written.

    Parameters
    ----------
    place
        Where the cursor is; its prefix is not looked at.
    """
    nodes = _nodes(place)
    if place.value:
        return list(dict.fromkeys(text for node in nodes for text in _values(node)))
    listed = place.path[-1:] == (ITEM,)
    known = [item for node in _chosen(nodes, place) for item in node.get("properties", {}).items()]
    found = [f"{key}:" for key, part in known if not part.get("x-hidden") and (key not in place.siblings or listed)]
    bare = [text for node in nodes for text in _values(node)] if listed or not found else []
    return list(dict.fromkeys([*bare, *found]))


def explain(place: Place) -> str | None:
    r"""Say what the word at a place means: a key, or a name among the values; nothing when the schema has no such word.

    >>> explain(Place(("split", "cv"), "folds", False, {}))
    'folds\ndefault: 5'
    """
    word = place.prefix
    nodes = _nodes(place)
    inner = [found for node in _chosen(nodes, place) for found in _step(node, word) if not place.value]
    if not inner and any(word in _values(node) for node in nodes):
        named = [node["properties"][word] for node in nodes if word in node.get("properties", {})]
        constants = [node for node in nodes if word in _values(node)]
        inner = named or [{"description": node.get("description", "")} for node in constants]
    return _explained(word, inner) if inner else None


def _explained(word: str, nodes: list[Schema]) -> str | None:
    """Title, description, default and choices of the forms that a word may have; nothing when that says no more than the word."""
    options = [option for node in nodes for option in _options(node, _root())]
    first = next((option for option in options if option.get("type") != "null"), nodes[0])
    title = str(nodes[0].get("title") or first.get("title") or "").replace("_", " ")
    lines = [f"{word}: {title}" if title and title.lower() != word and not title.endswith("Arguments") else word]
    lines.append(nodes[0].get("description") or first.get("description") or "")
    defaults = [node.get("default") for node in nodes]
    lines.append(f"default: {_written(defaults[0])}" if len(defaults) == 1 and defaults[0] is not None else "")
    values = list(dict.fromkeys(text for option in options for text in _values(option)))
    lines.append(f"one of: {', '.join(values)}" if values else "")
    lines.append(f"keys: {', '.join(first['properties'])}" if first.get("properties") else "")
    lines = [line for line in lines if line]
    return "\n".join(lines) if lines != [word] else None


def _nodes(place: Place) -> list[Schema]:
    """The alternatives of the schema for what stands at a place."""
    root = _root()
    nodes = list(_options(root, root))
    for part in place.path:
        nodes = _chosen(nodes, place) if part == ITEM else nodes
        nodes = [option for node in nodes for inner in _step(node, part) for option in _options(inner, root)]
    return nodes


@cache
def _root() -> Schema:
    return json_schema()


def _options(node: Schema, root: Schema) -> Iterator[Schema]:
    """The alternatives of a node, references followed."""
    if "$ref" in node:
        target: Any = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _options(target, root)
        return
    branches = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    for branch in branches:
        yield from _options(branch, root)
    if not branches or "properties" in node:
        yield node


def _step(node: Schema, part: str) -> Iterable[Schema]:
    if part == ITEM:
        return [node["items"]] if isinstance(node.get("items"), dict) else []
    inner = node.get("properties", {}).get(part)
    if inner is not None:
        return [inner]
    extra = node.get("additionalProperties")
    return [extra] if isinstance(extra, dict) else []


def _chosen(nodes: list[Schema], place: Place) -> list[Schema]:
    """Of alternatives that a constant tells apart (such as `loader`), those that fit what is written."""
    fitting = [node for node in nodes if _fits(node, place.siblings)]
    return fitting or nodes


def _fits(node: Schema, written: dict[str, str]) -> bool:
    properties = node.get("properties", {})
    constants = {key: str(part["const"]) for key, part in properties.items() if "const" in part}
    asked = set(node.get("required", ()))  # such as `method`, which only the default one may leave out
    return all(written.get(key) == value if key in asked else written.get(key) in (value, "", None) for key, value in constants.items())


def _values(node: Schema) -> list[str]:
    if "const" in node:
        return [_written(node["const"])]
    if "enum" in node:
        return [_written(value) for value in node["enum"]]
    if node.get("type") == "boolean":
        return ["true", "false"]
    return []


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
