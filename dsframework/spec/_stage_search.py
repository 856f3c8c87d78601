"""Stages that the search chooses together with a model's arguments: named forms as in `variants`, and values inside of a stage.

In a search space a stage with forms is a choice under its name (``features``), whose values bring what is searched inside that form. What
is searched inside of a stage is known by its path in the document, behind the name of the form (``features.long.0.rolling.windows``).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Self

from pydantic import Field, TypeAdapter, ValidationError, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from dsframework.errors import SpecError
from dsframework.spec._arguments import Strict
from dsframework.spec._choices import CHOOSE
from dsframework.spec._component import Component
from dsframework.spec._issues import SpecIssue, near_miss
from dsframework.spec._split import SplitSpec
from dsframework.spec._stage_values import EXAMPLE, MistakeError, NowhereError, Place, checked_value, inside_a_form, put, values_looked_at
from dsframework.spec._stages import Features, Preprocessing, form_name_problem
from dsframework.spec._text import dotted, parts_of
from dsframework.spec._words import plain_words

__all__ = ["SEARCHED_STAGES", "SearchedStages", "StageSearch", "stage_problems"]

SEARCHED_STAGES = ("features", "preprocessing", "split")
_NOT_IN_NAMES = "=,/\n.[]"
_RECORDED = r"[/\w.\- :]+"

Values = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": {}, "title": "Values inside of stages", "default": {}})
]


class StageSearch(Strict):
    """Forms of stages among which the search chooses, trial by trial."""

    features: dict[str, Features] | None = None
    preprocessing: dict[str, Preprocessing] | None = None
    split: dict[str, SplitSpec] | None = None
    values: Values = Field(
        default={},
        title="Values inside of stages",
        description=f"A path in the document, behind a form's name where the stage has forms, and what may stand there: {EXAMPLE}.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.values and not any(getattr(self, stage) for stage in SEARCHED_STAGES):
            text = f"name a stage ({', '.join(SEARCHED_STAGES)}) with its forms, or values inside of one"
            raise PydanticCustomError("variants", "{text}", {"text": text})
        for stage in SEARCHED_STAGES:
            forms = getattr(self, stage)
            if forms is not None and len(forms) < 2:
                text = f"{stage} has {'one form' if forms else 'no form'}; name two or more, or write it as {stage}"
                raise PydanticCustomError("variants", "{text}", {"text": text})
            for problem in filter(None, (form_name_problem(name, _NOT_IN_NAMES) for name in forms or {})):
                raise PydanticCustomError("variants", "{text}", {"text": f"{stage}: {problem}"})
        return self


class SearchedStages:
    """What a search chooses of the stages.

    Parameters
    ----------
    search
        The document's.
    plain
        The stages that stand in the document once.

    Raises
    ------
    MistakeError
        When a path leads nowhere, or a value can't stand there.
    """

    def __init__(self, search: StageSearch, plain: Mapping[str, Any]) -> None:
        self._named = {stage: dict(getattr(search, stage)) for stage in SEARCHED_STAGES if getattr(search, stage) is not None}
        once = {stage: {"": plain[stage]} for stage in SEARCHED_STAGES if stage not in self._named and plain.get(stage) is not None}
        self._forms: dict[str, dict[str, Any]] = {**self._named, **once}
        self._values: dict[str, tuple[Place, Any]] = {}
        for path, given in search.values.items():
            place = self._place_of(path)
            if not re.fullmatch(_RECORDED, place.name):
                raise MistakeError(f"search.values.{path}", "a name on the way has signs that can't be recorded; name whole forms instead")
            if place.name in self._values:
                raise MistakeError(f"search.values.{path}", "stands twice; remove one of the two")
            self._values[place.name] = (place, checked_value(path, given))
        self.stages = tuple(
            stage for stage in SEARCHED_STAGES if stage in self._named or any(one.stage == stage for one, _ in self._values.values())
        )
        self._seen = {stage: tuple(self._try_all(stage)) for stage in self.stages}

    def space(self, *stages: str) -> dict[str, Any]:
        """Return the search space of some stages, or all: their forms and what is searched inside of them, in the order of the pipeline."""
        space: dict[str, Any] = {}
        for stage in stages or self.stages:
            inside = {form: self._inside(stage, form) for form in self._forms[stage]}
            if stage not in self._named:
                space |= inside[""]
            elif any(inside.values()):
                space[stage] = {CHOOSE: [[form, searched] for form, searched in inside.items()]}
            else:
                space[stage] = list(inside)
        return space

    @property
    def names(self) -> frozenset[str]:
        """The names that a point of the search space has from here."""
        return frozenset((*self._named, *self._values))

    def settle(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Return the searched stages as a point has them; where it says nothing they have their first form and value.

        Raises
        ------
        SpecError
            When values that are right one by one are wrong together.
        """
        return {stage: self._settled(stage, point) for stage in self.stages}

    def components(self, stage: str) -> list[Component]:
        """Return the components of all forms of a stage, with every value that was looked at."""
        return [component for form in self._seen.get(stage, ()) for component in form or []]

    def to_plain(self) -> dict[str, Any]:
        """Return all of it as plain data, which tells two searches apart."""
        forms = {stage: [[name, _plain(form, full=True)] for name, form in self._forms[stage].items()] for stage in self.stages}
        return {"forms": forms, "values": {name: value for name, (_, value) in self._values.items()}}

    def _settled(self, stage: str, point: Mapping[str, Any]) -> Any:
        form = point.get(stage, next(iter(self._forms[stage])))
        inside = {name: point.get(name, values_looked_at(value)[0]) for name, value in self._inside(stage, form).items()}
        try:
            return self._made(stage, form, inside)
        except ValidationError as error:
            given = ", ".join(f"{name}: {value}" for name, value in inside.items())
            raise SpecError([SpecIssue(f"search.{stage}", f"{given}: {_said(error)}")]) from error

    def _inside(self, stage: str, form: str) -> dict[str, Any]:
        """What is searched inside of a form."""
        return {name: value for name, (place, value) in self._values.items() if (place.stage, place.form) == (stage, form)}

    def _made(self, stage: str, form: str, inside: Mapping[str, Any]) -> Any:
        if not inside:
            return self._forms[stage][form]
        plain = copy.deepcopy(_plain(self._forms[stage][form], full=False))
        for name, value in inside.items():
            put(plain, self._values[name][0], value)
        return _adapter(stage).validate_python(plain)

    def _try_all(self, stage: str) -> Iterator[Any]:
        """Yield the forms of a stage, and each with every single value, the others at their first."""
        for form in self._forms[stage]:
            first = {name: values_looked_at(value)[0] for name, value in self._inside(stage, form).items()}
            yield self._tried(stage, form, first, next(iter(first), ""))
            for name, value in self._inside(stage, form).items():
                for other in values_looked_at(value)[1:]:
                    yield self._tried(stage, form, {**first, name: other}, name)

    def _tried(self, stage: str, form: str, inside: Mapping[str, Any], name: str) -> Any:
        try:
            return self._made(stage, form, inside)
        except ValidationError as error:
            raise MistakeError(self._values[name][0].field, f"{inside[name]!r} can't stand there: {_said(error)}") from error
        except NowhereError as error:
            raise MistakeError(self._values[name][0].field, str(error)) from error

    def _place_of(self, path: str) -> Place:
        field = f"search.values.{path}"
        stage, *rest = parts_of(path) or ("",)
        if stage not in SEARCHED_STAGES:
            close = near_miss(str(stage), SEARCHED_STAGES)
            mend = f"did you mean {close}?" if close else "a model's arguments are searched where they stand"
            raise MistakeError(field, f"a path begins with {', '.join(SEARCHED_STAGES)}; {mend}")
        if stage not in self._forms:
            raise MistakeError(field, f"there is no {stage} that stands once or has forms below search; add it there")
        if stage not in self._named:
            return Place(str(stage), "", inside_a_form(field, tuple(rest)), field)
        if not rest or rest[0] not in self._named[stage]:
            known = list(self._named[stage])
            close = near_miss(str(rest[0]), known) if rest else None
            mend = f"did you mean {stage}.{close}?" if close else f"name one of {', '.join(known)} behind {stage}"
            raise MistakeError(field, f"search.{stage} has no such form; {mend}")
        return Place(str(stage), str(rest[0]), inside_a_form(field, tuple(rest[1:])), field)


def stage_problems(search: StageSearch, plain: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield field and text of what a search over stages can't do.

    Parameters
    ----------
    search
        The document's.
    plain
        The stages that stand in the document once.
    models
        The search space of every model by its place in the document.
    """
    try:
        names = SearchedStages(search, plain).names
    except MistakeError as error:
        yield error.field, error.text
        return
    for field, space in models.items():
        for name in sorted(names & space.keys()):
            yield field, f"has an argument {name!r}, as the search over stages has; write the forms as variants instead"


def _plain(form: Any, *, full: bool) -> Any:
    """A form as plain data in which paths are found: components as ``{name: {arguments}}``."""
    if isinstance(form, list):
        return [{one.name: one.arguments.model_dump(mode="json", by_alias=True, exclude_unset=not full)} for one in form]
    return form.model_dump(mode="json", by_alias=True, exclude_unset=not full)


@cache
def _adapter(stage: str) -> TypeAdapter[Any]:
    kinds: dict[str, Any] = {"features": Features, "preprocessing": Preprocessing, "split": SplitSpec}
    return TypeAdapter(kinds[stage])


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    path = tuple(first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no {dotted(path)}"
    said = plain_words(first)
    return f"{dotted(path)}: {said}" if path else said
