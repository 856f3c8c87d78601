"""The reference pages that the documentation is built with, written from the code itself, so that they cannot grow old."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dsframework.cli import build_parser
from dsframework.spec import CvSpec, EarlyStopping, ExperimentSpec, Pruning, Resources, SplitSpec, TargetSpec, Tracking, Tuning, catalogue
from jupyterlab_tsml.openapi import operations

SECTIONS = {
    "target": TargetSpec,
    "split": SplitSpec,
    "split.cv": CvSpec,
    "tuning": Tuning,
    "tuning.early_stopping": EarlyStopping,
    "tuning.pruning": Pruning,
    "resources": Resources,
    "tracking": Tracking,
}
STAGES = {"data": "Loaders", "features": "Features", "preprocessing": "Preprocessing", "models": "Models"}


def write_all(folder: Path) -> None:
    """Write `spec.md`, `command_line.md` and `rest.md`; a page that has not changed is not touched."""
    folder.mkdir(exist_ok=True)
    for name, lines in (("spec", spec_page()), ("command_line", command_line_page()), ("rest", rest_page())):
        file, text = folder / f"{name}.md", "\n".join(lines) + "\n"
        if not file.is_file() or file.read_text() != text:
            file.write_text(text)


def spec_page() -> Iterator[str]:
    """Every key of a spec and every component, with defaults and limits."""
    yield "# The spec\n"
    yield "One document describes a study. `tsml schema` prints its JSON Schema, `tsml validate FILE` says what is wrong with one.\n"
    yield from _fields(ExperimentSpec)
    for path, model in SECTIONS.items():
        yield f"## `{path}`\n"
        yield _first_line(model) + "\n"
        yield from _fields(model)
    for stage, title in STAGES.items():
        yield f"## {title}\n"
        for name in catalogue.names(stage):
            arguments = catalogue.arguments(stage, name)
            yield f"### `{name}`\n"
            yield _first_line(arguments) + "\n"
            yield from _fields(arguments, without="loader")


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]


def _fields(model: type[BaseModel], without: str = "") -> Iterator[str]:
    shown = {field.alias or name: field for name, field in model.model_fields.items() if name != without}
    if not shown:
        return
    properties = model.model_json_schema(by_alias=True)["properties"]
    yield "| key | takes | default | what |"
    yield "|---|---|---|---|"
    for key, field in shown.items():
        schema = properties[key]
        what = f"{field.title or ''}. {field.description or ''}".strip(". ").replace("..", ".")
        takes = f"{STAGES[key].lower()}, see below" if model is ExperimentSpec and key in STAGES else _type(schema)
        yield f"| `{key}` | {takes} | {_default(field.is_required(), schema)} | {what} |"
    yield ""


def _default(required: bool, schema: dict[str, Any]) -> str:
    value = schema.get("default")
    if required:
        return "*required*"
    if value in (None, {}, []):
        return "none"
    return "its own" if isinstance(value, dict) else f"`{value}`"


def _type(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if "$ref" in schema:
        return "a section"
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return ", or ".join(dict.fromkeys(_type(option) for option in options if option.get("type") != "null"))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = [f"{sign} {schema[key]}" for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤")) if key in schema]
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "object": schema.get("title", "mapping"),
    }
    return " ".join([words.get(kind, str(kind)), ", ".join(limits)]).strip()


def command_line_page() -> Iterator[str]:
    """Every command with its options, as argparse prints them."""
    parser = build_parser()
    yield "# The command line\n"
    yield f"{parser.description} {(parser.epilog or '').capitalize()}.\n"
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                command.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
                yield f"## `tsml {name}`\n\n```text\n{command.format_help().strip()}\n```\n"


def rest_page() -> Iterator[str]:
    """Every verb of every route of the server extension."""
    yield "# REST\n"
    yield (
        "The server extension answers under `/jupyterlab-tsml/` of the Jupyter server, with its token or login; "
        "`/jupyterlab-tsml/openapi.json` is the OpenAPI document.\n"
    )
    yield "| verb | path | what |"
    yield "|---|---|---|"
    for route, verb, operation in operations():
        yield f"| {verb.upper()} | `/{route.path}` | {operation.summary} |"
