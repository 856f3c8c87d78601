"""Completion in ``%%tsml`` cells and after ``%tsml``, as a matcher of IPython's completer."""

from __future__ import annotations

import re
from pathlib import Path

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.getipython import get_ipython

from tsml_kernel._columns import columns_of, names_a_column
from tsml_kernel._commands import COMMANDS, run
from tsml_kernel._line import LineParser
from tsml_kernel._schema_walk import suggestions
from tsml_kernel._shell import data_frames
from tsml_kernel._yaml_context import Place, place_at_end

__all__ = ["complete"]

_LINE = re.compile(r"^\s*%tsml\s+(?P<rest>.*)$")
_CELL = re.compile(r"^\s*%%tsml(?:\s|$)")
_WORD = re.compile(r"\S*$")
_PATH = re.compile(r"""[^\s{\["':,]*$""")
_FILES = (".csv", ".parquet")
_MOST_FILES = 200


@context_matcher(identifier="tsml", priority=100)  # type: ignore[untyped-decorator]
def complete(context: CompletionContext) -> SimpleMatcherResult:
    """Complete keys, names and options where a cell or a line is ours; nothing anywhere else."""
    lines = context.full_text.split("\n")
    before = lines[context.cursor_line][: context.cursor_position]
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if _CELL.match(lines[first]):
        if context.cursor_line == first:
            return _result(_found(_WORD, before), _options(run.parser(), before.split()[1:], before))
        place = place_at_end("\n".join([*lines[first + 1 : context.cursor_line], before]))
        if place.value and place.path[-1:] == ("path",):
            return _result(_found(_PATH, before), _data_files())
        return _result(place.prefix, _names(place, context.full_text))
    found = _LINE.match(before)
    if found:
        return _result(_found(_WORD, before), _line_words(found["rest"]))
    return SimpleMatcherResult(completions=[], suppress=False)


def _line_words(rest: str) -> list[str]:
    words = rest.split()
    if not words or (len(words) == 1 and not rest.endswith(" ")):
        return list(COMMANDS)
    command = COMMANDS.get(words[0])
    if command is None:
        return []
    return ["run", *COMMANDS] if words[0] == "help" else _options(command.parser(), words[1:], rest)


def _options(parser: LineParser, words: list[str], before: str) -> list[str]:
    finished = words if before.endswith(" ") else words[:-1]
    return parser.words_after(finished[-1]) if finished else parser.options()


def _names(place: Place, cell: str) -> list[str]:
    shell = get_ipython()
    mine = shell.user_ns if shell else {}
    if place.value and place.path[-1:] == ("frame",) and "data" in place.path:
        return sorted(data_frames(mine))
    return columns_of(cell, mine) if names_a_column(place) else suggestions(place)


def _data_files() -> list[str]:
    """The files in the notebook's folder and one below that a loader reads."""
    found = (path for pattern in ("*", "*/*") for path in sorted(Path().glob(pattern)))
    names = [path.as_posix() for path in found if path.suffix in _FILES and not path.name.startswith(".")]
    return names[:_MOST_FILES]


def _found(pattern: re.Pattern[str], before: str) -> str:
    match = pattern.search(before)
    return match[0] if match else ""


def _result(prefix: str, candidates: list[str]) -> SimpleMatcherResult:
    fitting = [text for text in candidates if text.lower().startswith(prefix.lower())]
    completions = [SimpleCompletion(text=text, type="keyword" if text.endswith(":") else "value") for text in fitting]
    return SimpleMatcherResult(completions=completions, suppress=True, ordered=True, matched_fragment=prefix)
