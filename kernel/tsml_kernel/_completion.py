"""Completion in ``%%tsml`` cells and after ``%tsml``, as a matcher of IPython's completer."""

from __future__ import annotations

import re

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from tsml_kernel._commands import COMMANDS, run
from tsml_kernel._schema_walk import suggestions
from tsml_kernel._yaml_context import place_at_end

__all__ = ["complete"]

_LINE = re.compile(r"^\s*%tsml\s+(?P<rest>.*)$")
_CELL = re.compile(r"^\s*%%tsml(?:\s|$)")
_WORD = re.compile(r"\S*$")


@context_matcher(identifier="tsml", priority=100)  # type: ignore[untyped-decorator]
def complete(context: CompletionContext) -> SimpleMatcherResult:
    """Complete keys, names and options where a cell or a line is ours; nothing anywhere else."""
    lines = context.full_text.split("\n")
    before = lines[context.cursor_line][: context.cursor_position]
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if _CELL.match(lines[first]):
        if context.cursor_line == first:
            return _result(_last_word(before), run.parser().options())
        place = place_at_end("\n".join([*lines[first + 1 : context.cursor_line], before]))
        return _result(place.prefix, suggestions(place))
    found = _LINE.match(before)
    if found:
        return _result(_last_word(before), _line_words(found["rest"]))
    return SimpleMatcherResult(completions=[], suppress=False)


def _line_words(rest: str) -> list[str]:
    words = rest.split()
    if not words or (len(words) == 1 and not rest.endswith(" ")):
        return list(COMMANDS)
    command = COMMANDS.get(words[0])
    if command is None:
        return []
    return list(COMMANDS) if words[0] == "help" else command.parser().options()


def _last_word(before: str) -> str:
    found = _WORD.search(before)
    return found[0] if found else ""


def _result(prefix: str, candidates: list[str]) -> SimpleMatcherResult:
    fitting = [text for text in candidates if text.lower().startswith(prefix.lower())]
    completions = [SimpleCompletion(text=text, type="keyword" if text.endswith(":") else "value") for text in fitting]
    return SimpleMatcherResult(completions=completions, suppress=True, ordered=True, matched_fragment=prefix)
