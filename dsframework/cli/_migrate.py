"""tsml migrate."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from dsframework.errors import ConflictError

__all__ = ["add_commands"]

_EPILOG = "exit codes: 0 everything was taken over, 1 something was not, and the report says what, 2 the old configuration can't be read"


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    text = "turn a configuration of OneTick's data-science framework into a spec"
    migrate = commands.add_parser("migrate", help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_EPILOG)
    migrate.add_argument("old", metavar="OLD", help="its YAML, or the dictionary of an experiment class as YAML or JSON")
    migrate.add_argument("--out", metavar="NEW", help="write the spec to this file in place of the standard output")
    migrate.add_argument("--json", action="store_true", help="print one JSON document: the spec's text and the report")
    migrate.set_defaults(run=_migrate)


def _migrate(options: argparse.Namespace) -> int:
    from dsframework.migration import migrate_file, summary

    found = migrate_file(options.old)
    if options.out:
        _write(Path(options.out), found.text)
    if options.json:
        report = [finding.as_dict() for finding in found.findings]
        print(json.dumps({"complete": found.complete, "spec": found.text, "findings": report}, indent=1))
    elif not options.out:
        print(found.text, end="")
    if not options.json:
        for finding in found.findings:
            print(f"{found.source}: {finding}", file=sys.stderr)
        print(f"{found.source}: {summary(found.findings)}", file=sys.stderr)
    return 0 if found.complete else 1


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise ConflictError("the file exists", field="--out", value=str(file), mend="name another one, or remove it") from error
