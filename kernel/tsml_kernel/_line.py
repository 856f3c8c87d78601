"""Reading the options of a magic's line, with errors of one line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import NoReturn

from dsframework.spec import near_miss
from tsml_kernel._errors import MagicError

__all__ = ["LineParser", "count", "did_you_mean"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``, did you mean 'x'?`` when a known name is close, or else the empty text.

    >>> did_you_mean("comapre", ["runs", "compare"])
    ", did you mean 'compare'?"
    """
    close = near_miss(name, known)
    return f", did you mean {close!r}?" if close else ""


def count(text: str) -> int:
    """Read a whole number from 1 on.

    >>> count("20")
    20
    """
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return number


class LineParser(argparse.ArgumentParser):
    """An argument parser that raises `MagicError` in place of ending the process.

    Parameters
    ----------
    command
        How the line begins.
    summary
        What the command does, in one sentence.
    more
        What its help says below the options, line by line.
    """

    def __init__(self, command: str, summary: str, more: str | None = None) -> None:
        plain = argparse.RawDescriptionHelpFormatter
        super().__init__(prog=command, description=summary, epilog=more, formatter_class=plain, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise the parser's complaint as one line."""
        raise MagicError(f"{self.prog}: {self._hint(message)}", mend=self.format_usage().replace("usage: ", "usage ", 1).strip())

    def options(self) -> list[str]:
        """Return the options that begin with dashes."""
        return [option for action in self._actions for option in action.option_strings]

    def words_after(self, word: str) -> list[str]:
        """Return what may follow a word: the values of that option, or else the options."""
        action = next((action for action in self._actions if word in action.option_strings), None)
        if action is None or action.nargs == 0:
            return self.options()
        return [str(value) for value in action.choices or ()]

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
        option = re.search(r"^unknown option '(--?[\w-]+)'", message)
        if option:
            return message + did_you_mean(option[1], self.options())
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        return message + did_you_mean(choice[1], choice[2].replace("'", "").split(", ")) if choice else message
