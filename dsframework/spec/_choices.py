"""A choice whose values bring arguments of their own: ``kernel: {choose: {rbf: {gamma: [0.1, 1.0]}, linear: {}}}``.

In a document the values are the keys of a mapping. In a search space they stand in pairs, so that a number stays a number in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from dsframework.spec._text import read_value

__all__ = ["CHOOSE", "cases_of", "check_cases", "is_choice", "named_in", "settle_cases", "settle_choices", "with_text_keys"]

CHOOSE = "choose"
_EXPECTED = "choose takes values, each with the arguments that it brings, such as {rbf: {gamma: [0.1, 1.0]}, linear: {}}"

_OF_PYDANTIC = frozenset(get_args(ErrorType))

Loc = tuple[str | int, ...]


def is_choice(value: object) -> bool:
    """Tell whether `value` is a choice whose values bring arguments of their own.

    >>> is_choice({"choose": {"rbf": {"gamma": 0.1}, "linear": {}}}), is_choice(["rbf", "linear"])
    (True, False)
    """
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(CHOOSE), dict | list)


def cases_of(value: Mapping[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Return the values of a choice, each with the arguments that it brings."""
    cases = value[CHOOSE]
    return list(cases.items()) if isinstance(cases, dict) else [(case, branch) for case, branch in cases]


def named_in(value: Mapping[str, Any]) -> set[str]:
    """Return the names of the arguments that any value of a choice brings, also those of choices inside it."""
    found: set[str] = set()
    for _, branch in cases_of(value):
        if isinstance(branch, dict):  # one that was not checked yet may be anything
            found |= branch.keys()
            found |= {name for inner in branch.values() if is_choice(inner) for name in named_in(inner)}
    return found


def with_text_keys(value: Any) -> Any:
    """Return a choice with keys as JSON has them, which are read back to the same values; anything else as it is."""
    if not is_choice(value):
        return value
    cases = cases_of(value)
    return {CHOOSE: {_written(case): {name: with_text_keys(one) for name, one in branch.items()} for case, branch in cases}}


def settle_choices(given: dict[str, Any]) -> dict[str, Any]:
    """Return arguments that nobody knows beforehand with their choices checked, and the keys of these read as YAML reads a value.

    Raises
    ------
    ValidationError
        With the place of each mistake.
    """
    problems: list[InitErrorDetails] = []
    choices: dict[str, dict[str, Any]] = {}
    for key, value in given.items():
        if isinstance(value, dict) and set(value) == {CHOOSE}:
            try:
                choices[key] = settle_cases(value, _read_key)
            except ValidationError as error:
                problems += _moved(error, (key,))
    for key, value in choices.items():
        taken = given.keys() | {name for other, one in choices.items() if other != key for name in named_in(one)}
        for case, branch in cases_of(value):
            place = (key, CHOOSE, _written(case))
            problems += _twice(branch, taken, place)
            try:
                branch.update(settle_choices(branch))
            except ValidationError as error:
                problems += _moved(error, place)
    if problems:
        raise _error(problems)
    return {**given, **choices}


def settle_cases(value: Mapping[str, Any], of_key: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a choice with its keys as values, and an empty mapping for a value that brings nothing.

    Raises
    ------
    ValidationError
        With the place of each mistake below the choice.
    """
    given = value[CHOOSE]
    if not isinstance(given, dict) or not given:
        raise _error(list(_wrong((CHOOSE,), _EXPECTED, given)))
    problems: list[InitErrorDetails] = []
    cases: dict[Any, dict[str, Any]] = {}
    for key, branch in given.items():
        place = (CHOOSE, _written(key))
        try:
            case = of_key(key)
        except PydanticCustomError as error:
            problems.append({"type": error, "loc": place, "input": key})
            continue
        if case in cases:
            problems += _wrong(place, f"{_written(key)!r} stands twice; remove one of the two", key)
        elif not (branch is None or (isinstance(branch, dict) and all(isinstance(name, str) for name in branch))):
            problems += _wrong(place, f"expected the arguments that {_written(key)} brings, such as {{gamma: [0.1, 1.0]}}, or {{}}", branch)
        else:
            cases[case] = dict(branch or {})
    if problems:
        raise _error(problems)
    return {CHOOSE: cases}


def check_cases(model: BaseModel) -> bool:
    """Check every value of a model's choices with what it brings, as if it stood there alone; tells whether there is a choice.

    Raises
    ------
    ValidationError
        With the place of each mistake inside the choice.
    """
    kind = type(model)
    names = {field.alias or name: name for name, field in kind.model_fields.items()}
    given = {key: getattr(model, name) for key, name in names.items() if name in model.model_fields_set}
    choices = {key: value for key, value in given.items() if is_choice(value)}
    problems: list[InitErrorDetails] = []
    for key, value in choices.items():
        others = {other: [case for case, _ in cases_of(one)] if other in choices else one for other, one in given.items() if other != key}
        taken = {other for other, one in given.items() if one != kind.model_fields[names[other]].default}
        taken |= {name for other, one in choices.items() if other != key for name in named_in(one)}
        for case, branch in cases_of(value):
            place = (key, CHOOSE, _written(case))
            if key in named_in({CHOOSE: {case: branch}}):
                problems += _wrong(place, f"{key!r} stands inside its own choice; remove it there", branch)
                continue
            if twice := _twice(branch, taken, place):
                problems += twice
                continue
            try:
                alone = kind.model_validate({**others, key: case, **branch})
            except ValidationError as error:
                problems += _moved(error, place, branch)
            else:
                branch.update({name: getattr(alone, names[name]) for name in branch})
    if problems:
        raise _error(problems)
    return bool(choices)


def _wrong(place: Loc, text: str, given: Any) -> Iterator[InitErrorDetails]:
    """Yield one mistake in our own words."""
    yield {"type": PydanticCustomError("choice", "{text}", {"text": text}), "loc": place, "input": given}


def _twice(branch: Mapping[str, Any], taken: Set[str], place: Loc) -> list[InitErrorDetails]:
    """The arguments of a case that stand outside the choice as well."""
    text = "stands outside this choice as well; remove one of the two"
    return [line for name in branch if name in taken for line in _wrong((*place, name), f"{name!r} {text}", branch[name])]


def _moved(error: ValidationError, place: Loc, branch: Any = None) -> list[InitErrorDetails]:
    """The lines of an error, as they are called from further above; one about arguments together shows those of its case."""
    lines: list[InitErrorDetails] = []
    for item in error.errors(include_url=False):
        known = item["type"] in _OF_PYDANTIC
        kind = item["type"] if known else PydanticCustomError(item["type"], "{text}", {"text": item["msg"]})
        line: InitErrorDetails = {"type": kind, "loc": (*place, *item["loc"]), "input": item["input"] if item["loc"] else branch}
        if known and "ctx" in item:
            line["ctx"] = item["ctx"]
        lines.append(line)
    return lines


def _error(lines: list[InitErrorDetails]) -> ValidationError:
    return ValidationError.from_exception_data(CHOOSE, lines)


def _read_key(key: Any) -> Any:
    """A key as YAML reads it where it is a value; JSON knows texts only."""
    if not isinstance(key, str):
        return key
    try:
        value = read_value(key)
    except yaml.YAMLError:
        return key
    return value if isinstance(value, str | int | float | bool) or (value is None and key) else key


def _written(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key)
