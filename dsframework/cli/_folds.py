"""tsml folds: a picture of where the time axis is cut, before anything is run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dsframework.cli._stdout import kept_for_the_document
from dsframework.cli._tables import JSON_HELP
from dsframework.records import FoldPicture, FoldSpan

__all__ = ["add_commands", "folds_text"]

_WIDTH = 72
_SIGNS = {"train": "T", "test": "X", "embargo": "e", "purge": "p"}
_LEGEND = {"train": "T learned from", "test": "X tested", "embargo": "e embargoed", "purge": "p purged"}


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    folds = commands.add_parser("folds", help="draw the folds of a spec")
    folds.add_argument("spec", metavar="SPEC", help="a YAML or JSON file")
    folds.add_argument("--set", dest="settings", action="append", default=[], metavar="a.b=c", help="set a value of the spec")
    folds.add_argument("--json", action="store_true", help=JSON_HELP)
    folds.set_defaults(run=_folds)


def _folds(options: argparse.Namespace) -> int:
    from dsframework.spec import load_spec
    from dsframework.study import picture_folds

    with kept_for_the_document(active=options.json):
        picture = picture_folds(load_spec(options.spec, settings=options.settings), base=Path(options.spec).resolve().parent)
    print(picture.model_dump_json(indent=1) if options.json else folds_text(picture))
    return 0


def folds_text(picture: FoldPicture, width: int = _WIDTH) -> str:
    """Return the folds, the final test and the paths as lines of text."""
    from dsframework.splitting import draw_line

    def line(spans: list[FoldSpan]) -> str:
        ordered = sorted(spans, key=lambda span: list(_SIGNS).index(span.kind))
        return draw_line([(_SIGNS[span.kind], span.start, span.start + span.steps) for span in ordered], picture.steps, width)

    notes = dict(enumerate(picture.notes))
    rows = [(str(number + 1), line(spans), notes.get(number, "")) for number, spans in enumerate(picture.folds)]
    rows += [(f"inner {number}", line(spans), f"inside fold {len(picture.folds)}") for number, spans in enumerate(picture.inner, start=1)]
    rows.append(("final", line(picture.test), ""))
    margin = max(len(name) for name, _, _ in rows)
    drawn = [f"{name:<{margin}}  {row:<{min(width, picture.steps)}}  {note}".rstrip() for name, row, note in rows]
    kinds = {span.kind for spans in (*picture.folds, *picture.inner, picture.test) for span in spans}
    return "\n".join([_title(picture), "", *drawn, "", ", ".join(text for kind, text in _LEGEND.items() if kind in kinds)])


def _title(picture: FoldPicture) -> str:
    count = f"{len(picture.folds)} fold{'' if len(picture.folds) == 1 else 's'}"
    paths = f" in {picture.n_paths} paths" if picture.n_paths > 1 else ""
    first, last = (moment.removesuffix("T00:00:00").replace("T", " ") for moment in (picture.first, picture.last))
    return f"{picture.method}: {count}{paths} and the final test; {picture.steps} time steps, {first} to {last}"
