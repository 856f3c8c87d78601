"""Arguments, exit codes and the one place where errors become lines."""

from __future__ import annotations

import argparse
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from dsframework.cli import _cluster, _data, _deploy, _detached, _evaluate, _folds, _migrate, _runs, _study
from dsframework.errors import SpecError, TsmlError, one_line

__all__ = ["build_parser", "main"]

EPILOG = "exit codes: 0 everything finished, 1 something failed, 2 the spec or the command is wrong, 130 interrupted"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command; `options.run` is what a command calls."""
    parser = argparse.ArgumentParser(prog="tsml", description="Time-series experiments: describe, run, compare, schedule.", epilog=EPILOG)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in (_study, _detached, _cluster, _data, _folds, _runs, _evaluate, _deploy, _migrate):
        group.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries tell their developers; python -W or PYTHONWARNINGS shows it
    try:
        return int(options.run(options))
    except TsmlError as error:
        placed = _located(error, options)
        print(placed if isinstance(placed, SpecError) else f"tsml: {placed}", file=sys.stderr)
        return 2 if isinstance(error, SpecError) else 1
    except KeyboardInterrupt:
        print("tsml: interrupted; finished trials are kept, the same command goes on with the others", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        reason = error.strerror or one_line(error)
        print(f"tsml: {error.filename or 'a file'}: {reason}; check the path, its permissions and the space left", file=sys.stderr)
        return 1


def _located(error: TsmlError, options: argparse.Namespace) -> TsmlError:
    """The error with the spec's file and line."""
    if getattr(options, "spec", None) is None:
        return error
    from dsframework.spec import located

    return located(error, options.spec, settings=options.settings)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
