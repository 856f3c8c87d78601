"""Groups of entities: folds that hold out entities beside a stretch of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dsframework.errors import SplitError
from dsframework.splitting._base import Fold

__all__ = ["deal_groups", "hold_out_entities"]


def hold_out_entities(folds: Sequence[Fold], groups: Sequence[tuple[int, ...]]) -> list[Fold]:
    """Return every fold once a group: the group's rows in the test window are predicted by a model of all others in the training window.

    A model never sees an entity that it is tested on, nor a label of the test's time: what all entities have in common on a day would tell
    it as much as the entity's own past. Folds are numbered anew, in the order of time, then group.

    Examples
    --------
    >>> from dsframework.splitting import Span
    >>> folds = hold_out_entities([Fold(1, (Span(0, 4),), (Span(4, 6),))], [(0, 2), (1,)])
    >>> [(fold.number, fold.held_out) for fold in folds]
    [(1, (0, 2)), (2, (1,))]
    """
    crossed = [replace(fold, held_out=group) for fold in folds for group in groups]
    return [replace(fold, number=number) for number, fold in enumerate(crossed, start=1)]


def deal_groups(labels: Sequence[str], rows: Mapping[int, int], count: int) -> list[tuple[int, ...]]:
    """Deal entities into `count` groups with about as many rows each; entities of one label stay together.

    The label with the most rows goes first, always to the group that has the fewest rows; ties go by name and by number, so that nothing
    is drawn by lot.

    Parameters
    ----------
    labels
        What every entity belongs to, in the order of the entities: its own name, or a sector.
    rows
        Position of an entity to how many rows it has.
    count
        How many groups there shall be.

    Raises
    ------
    SplitError
        When there are fewer labels than groups.

    Examples
    --------
    >>> deal_groups(["A", "B", "C"], {0: 10, 1: 4, 2: 5}, 2)
    [(0,), (1, 2)]
    """
    members: dict[str, list[int]] = {}
    for position, label in enumerate(labels):
        members.setdefault(label, []).append(position)
    if len(members) < count:
        raise SplitError(
            f"{count} groups need at least as many different entities (or values of the column), there are {len(members)}",
            field="split.cv.groups.count",
            value=count,
            mend=f"use at most {len(members)}" if len(members) > 1 else "leave out groups",
        )
    sizes = {label: sum(rows.get(position, 0) for position in positions) for label, positions in members.items()}
    groups: list[list[int]] = [[] for _ in range(count)]
    filled = [0] * count
    for label in sorted(members, key=lambda label: (-sizes[label], label)):
        smallest = filled.index(min(filled))
        groups[smallest] += members[label]
        filled[smallest] += sizes[label]
    return [tuple(sorted(group)) for group in groups]
