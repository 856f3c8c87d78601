"""Arguments, exit codes and the one place where errors become lines."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

from dsframework.cli import _deploy, _runs, _study
from dsframework.errors import SpecError, TsmlError

__all__ = ["build_parser", "main"]

EPILOG = "exit codes: 0 everything finished, 1 something failed, 2 the spec or the command is wrong, 130 interrupted"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command; `options.run` is what a command calls."""
    parser = argparse.ArgumentParser(prog="tsml", description="Time-series experiments: describe, run, compare, schedule.", epilog=EPILOG)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in (_study, _runs, _deploy):
        group.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.run(options))
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    except TsmlError as error:
        print(f"tsml: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("tsml: interrupted; finished trials are kept, the same command goes on with the others", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
