"""The new document while it is written: its parts, the names of its columns, and what is kept as a comment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from dsframework.errors import SpecError, one_line
from dsframework.migration._old import Block, OldDocument, as_list
from dsframework.migration._report import Place
from dsframework.migration._write import flow
from dsframework.spec import Component, ComponentOf, catalogue, plain_words
from dsframework.spec._text import dotted

__all__ = ["Draft", "Whole", "fitting"]


class Whole(str):
    """A part of the document as one line, where a component is not all of it."""

    __slots__ = ()


class Draft:
    """What is known of the new document so far.

    Attributes
    ----------
    old
        The old configuration, which findings are told to.
    targets
        The columns that are predicted, as they are named here.
    entity
        The column that tells series apart.
    validation
        The share of the training rows that the old framework kept for validation.
    features
        The features' columns: the name there, and the name here.
    threads, seed, gpu, rounds
        What the models' arguments say about how they are fitted; `rounds` without a better score end it early.
    """

    def __init__(self, old: OldDocument) -> None:
        self.old = old
        self.document: dict[str, Any] = {}
        self.targets: list[str] = []
        self.entity: str | None = None
        self.validation: float | int | None = None
        self.features: dict[str, str] = {}
        self.threads: int | None = None
        self.seed: int | None = None
        self.gpu = False
        self.rounds: int | None = None
        self.tails: dict[Place, list[str]] = defaultdict(list)
        self._suffixes: list[tuple[str, str]] = []

    def put(self, place: Place, value: Any) -> None:
        """Set a value of the new document."""
        *way, last = place
        block: dict[Any, Any] = self.document
        for key in way:
            block = block.setdefault(key, {})
        block[last] = value

    def rename(self, suffix: str, prefix: str) -> None:
        """Note that columns with a suffix there have a prefix here; the longest suffix that fits counts."""
        self._suffixes = sorted([*self._suffixes, (suffix, prefix)], key=lambda pair: -len(pair[0]))

    def column(self, name: Any) -> str:
        """Return what a column is called here."""
        text = str(name)
        found = next((pair for pair in self._suffixes if text.endswith(pair[0]) and text != pair[0]), None)
        return text if found is None else found[1] + text.removesuffix(found[0])

    def add(self, stage: str, component: Any) -> None:
        """Append a component."""
        self.document.setdefault(stage, []).append(component)

    def add_each(self, stage: str, components: Iterable[Any]) -> None:
        """Append components, but for those that are None."""
        for component in components:
            if component is not None:
                self.add(stage, component)

    def next_place(self, stage: str) -> Place:
        """Return where the next component of a stage will stand."""
        return stage, len(self.document.get(stage, []))

    @property
    def is_used(self) -> bool:
        """Whether the component that is being read is used, and may change what is known here."""
        return not self.old.silent

    def switched_off(self, block: Block, stage: str, read: Callable[[], Any], reason: str = "use: false") -> None:
        """Keep what was not used as a comment at the end of its stage.

        Parameters
        ----------
        block
            Its block.
        stage
            Of the new document.
        read
            Gives the component, or a list of them, or a `Whole` line, or None; what it tells is not heard, and its mistakes stop nobody.
        reason
            Why it was not used.
        """
        self.old.silent = True
        try:
            component = read()
        except SpecError:
            component = None
        finally:
            self.old.silent = False
        here = "; it stands as a comment" if component is not None else "; it has no counterpart here"
        block.tell("not used", None, reason + here, (stage,))
        parts = [] if component is None else as_list(component)
        lines = [part if isinstance(part, Whole) else f"- {_bare(part)}" for part in parts]
        name = dotted(block.path if isinstance(block.path[-1], int) else block.path[-1:])
        said = reason if lines else reason + here
        self.tails[(stage,)] += [one_line(f"line {self.old.line(block.path)}, {name}, not used: {said}"), *lines]

    def leftovers(self, block: Block, place: Place) -> None:
        """Tell of the keys of a block that nobody took."""
        for key in list(block.left()):
            block.tell("not taken over", key, f"{key!r} has no counterpart here", place)


def _bare(component: Any) -> str:
    return flow(component)[1:-1] if isinstance(component, dict) else flow(component)


def fitting(stage: str, name: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arguments that a component of ours takes, and for each of the others the reason why not.

    >>> fitting("models", "ridge", {"alpha": [1.0, 2.0], "alhpa": 3})
    ({'alpha': [1.0, 2.0]}, {'alhpa': "'ridge' has no 'alhpa' here"})
    """
    known = {field.alias or key for key, field in catalogue.arguments(stage, name).model_fields.items()}
    refused = {key: f"{name!r} has no {key!r} here" for key in arguments if key not in known}
    kept = {key: value for key, value in arguments.items() if key in known}
    try:
        _adapter(stage).validate_python({name: kept})
    except ValidationError as error:
        for item in error.errors(include_url=False):
            where = [part for part in item["loc"] if part in kept]
            if where:
                refused[str(where[0])] = f"{plain_words(item)}, got {one_line(repr(kept[str(where[0])]), 60)}"
        kept = {key: value for key, value in kept.items() if key not in refused}
    return kept, refused


def _adapter(stage: str) -> TypeAdapter[Component]:
    return TypeAdapter(Annotated[Component, ComponentOf(stage)])
