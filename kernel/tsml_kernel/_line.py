"""Reading the options of a magic's line, with errors of one line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import NoReturn

from dsframework.spec import near_miss
from tsml_kernel._errors import MagicError

__all__ = ["LineParser", "did_you_mean"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``, did you mean 'x'?`` when a known name is close, or else the empty text.

    >>> did_you_mean("comapre", ["runs", "compare"])
    ", did you mean 'compare'?"
    """
    close = near_miss(name, known)
    return f", did you mean {close!r}?" if close else ""


class LineParser(argparse.ArgumentParser):
    """An argument parser that raises `MagicError` in place of ending the process."""

    def __init__(self, command: str, summary: str) -> None:
        super().__init__(prog=command, description=summary, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise the parser's complaint as one line."""
        raise MagicError(f"{self.prog}: {self._hint(message)}", mend=self.format_usage().replace("usage: ", "usage ", 1).strip())

    def options(self) -> list[str]:
        """Return the options that begin with dashes."""
        return [option for action in self._actions for option in action.option_strings]

    def read(self, words: list[str]) -> argparse.Namespace:
        """Parse the words; an unknown option is named together with the one that was probably meant.

        Raises
        ------
        MagicError
            When a word does not fit.
        """
        known, left = self.parse_known_args(words)
        if left:
            self.error(f"{'unknown option' if left[0].startswith('-') else 'too many words:'} {left[0]!r}")
        return known

    def _hint(self, message: str) -> str:
        option = re.search(r"'(--?[\w-]+)'", message)
        return message + did_you_mean(option[1], self.options()) if option and message.startswith("unknown") else message
