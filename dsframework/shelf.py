"""What fits on the same rows make of them, laid by for the next one: transformed features, watched rows, binned data.

Everything on a shelf is a function of the shelf's rows and of its key, and nobody who uses it changes it. So a fit gives the same bits
whether it finds a part or makes it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["Shelf"]

T = TypeVar("T")


class Shelf:
    """Parts made of one set of rows. One fit at a time may use it.

    Examples
    --------
    >>> shelf = Shelf()
    >>> shelf.get("mean", lambda: sum([1.0, 3.0]) / 2, size=8), shelf.size
    (2.0, 8)
    >>> shelf.get("mean", lambda: 0.0), shelf.at("other rows").get("mean", lambda: 0.0)
    (2.0, 0.0)
    """

    def __init__(self) -> None:
        self._parts: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._place: tuple[Hashable, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(size for _, size in self._parts.values())

    def at(self, place: Hashable) -> Shelf:
        """Return a board of this shelf, whose keys are apart from those of other boards."""
        board = Shelf()
        board._parts, board._place = self._parts, (*self._place, place)
        return board

    def __contains__(self, key: Hashable) -> bool:
        return (*self._place, key) in self._parts

    def get(self, key: Hashable, make: Callable[[], T], *, size: int | Callable[[T], int] = 0) -> T:
        """Return the part of that key, which is made where it is not there.

        Parameters
        ----------
        key
            What the part depends on, beside the rows.
        make
            Makes it.
        size
            The bytes of memory that it holds by itself, or how to tell them from the part; views of the study's own arrays hold none.
        """
        whole = (*self._place, key)
        if whole not in self._parts:
            part = make()
            self._parts[whole] = part, size(part) if callable(size) else size
        self._parts.move_to_end(whole)
        found: T = self._parts[whole][0]
        return found

    def trim(self, most: int) -> None:
        """Let go of the parts that were used longest ago, until the others have at most so many bytes."""
        while self._parts and self.size > most:
            self._parts.popitem(last=False)
