"""Datafeeds: the first one becomes the loader, others are joined to it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dsframework.migration._classes import class_name, is_own, known_class
from dsframework.migration._draft import Draft, Whole
from dsframework.migration._features import grouping_column
from dsframework.migration._old import Block, as_list
from dsframework.migration._onetick import onetick
from dsframework.migration._report import Place
from dsframework.migration._target import target_columns
from dsframework.migration._write import flow

__all__ = ["datafeeds"]

_TIME = "Time"
_FRAME = "df"
_ODBC = ("ODBCDatafeed", "ODBCData", "OdbcDatafeed", "ODBC")
_READ_CSV = {"sep": "separator", "delimiter": "separator", "decimal": "decimal", "encoding": "encoding", "usecols": "columns"}
_CONNECTION = ("connection_string", "connection", "conn_str", "dsn", "url", "server", "database", "driver")
_ACCOUNT = ("user", "username", "password", "pwd")
_HOLDS = ("parse_dates", "infer_datetime_format", "low_memory", "engine", "memory_map")


def datafeeds(draft: Draft) -> None:
    """Take the datafeeds over.

    Raises
    ------
    SpecError
        When a class is misspelt or an argument can't be read.
    """
    root = draft.old.root
    draft.entity = grouping_column(draft)
    used = [block for block in root.blocks("datafeeds") if block.switch("use", default=True)]
    main = _main(draft, used)
    others = [block for block in used if block is not main]
    if main is None:
        place: Place = ("data",)
        text = f"no datafeed is switched on; the document expects a data frame of the notebook or program, named {_FRAME}"
        root.tell("guessed", "datafeeds", text, place)
        draft.document["data"] = {"loader": "frame", "frame": _FRAME, "time": _time_of(draft)}
    else:
        draft.rename(main.text("suffix") or "", "")
        draft.document["data"] = _loader(draft, main, ("data",))
        if main.text("suffix"):
            main.tell("changed", "suffix", f"columns keep the names of the file, without {main.text('suffix')!r}", ("data",))
    if draft.entity:
        draft.put(("data", "entity"), draft.entity)
    for position, block in enumerate(others, 2):
        _join(draft, block, position)
    for block in root.blocks("datafeeds"):
        block.take("suffix")
        if block in used:
            draft.leftovers(block, ("data",))
        else:
            draft.switched_off(block, "data", partial(_as_comment, draft, block))


def _as_comment(draft: Draft, block: Block) -> Whole:
    return Whole(f"data: {flow(_loader(draft, block, ('data',)))}")


def _main(draft: Draft, used: list[Block]) -> Block | None:
    """The feed that has the first target: by the longest suffix of its name, otherwise the first one."""
    if not used:
        return None
    target = target_columns(draft)[0]
    fits = [block for block in used if target.endswith(str(block.values.get("suffix") or "\0"))]
    return max(fits, key=lambda block: len(str(block.values["suffix"])), default=used[0])


def _time_of(draft: Draft) -> str:
    """The column with the time that a preprocessor names, otherwise the one of the old framework."""
    for block in draft.old.root.blocks("preprocessors"):
        if block.values.get("datetime_column"):
            return str(block.values["datetime_column"])
    return _TIME


def _join(draft: Draft, block: Block, position: int) -> None:
    suffix = block.text("suffix") or ""
    name = re.sub(r"\W", "_", suffix).strip("_") or f"source_{position}"
    name = name if name[0].isalpha() else f"source_{name}"
    joins = draft.document["data"].setdefault("joins", {})
    name = name if name not in joins else f"{name}_{position}"
    place = ("data", "joins", name)
    if suffix:
        draft.rename(suffix, f"{name}_")
        block.tell("changed", "suffix", f"its columns begin with {name}_ in place of their ending {suffix!r}", place)
    joins[name] = {"source": _loader(draft, block, place), "available": {"lag": "0d"}}
    text = "there rows of the same time stood side by side; here a row takes the newest one known by then, and lag 0d says known at once"
    block.tell("guessed", None, text, place)


def _loader(draft: Draft, block: Block, place: Place) -> dict[str, Any]:
    """The loader of a feed."""
    path = class_name(block)
    name = None if is_own(path) else known_class(block, "datafeeds", more=_ODBC)
    if name == "CSVDatafeed":
        return _csv(draft, block, place)
    if name in ("OneTickBarsDatafeed", "EquitiesOneTickData"):
        return onetick(block, place)
    if name in _ODBC:
        return _odbc(draft, block, place)
    text = (
        f"an own class ({path}); load with it in the notebook and hand the data frame over, named {_FRAME}, "
        "or make it a loader by an entry point of the group jupyterlab_tsml.loaders"
    )
    block.tell("not taken over", "class", text, place)
    for key in list(block.left()):
        if key not in ("suffix", "use"):
            block.take(key)
            block.tell("not taken over", key, f"{key!r} is an argument of the own class", place)
    return {"loader": "frame", "frame": _FRAME, "time": _time_of(draft)}


def _csv(draft: Draft, block: Block, place: Place) -> dict[str, Any]:
    path = block.text("filepath_or_buffer") or block.text("path")
    if not path:
        raise block.wrong(None, "'filepath_or_buffer' is missing, such as bars.csv")
    data: dict[str, Any] = {"loader": "csv", "path": path, "time": _index(draft, block, place)}
    if "://" in path:
        block.tell("not taken over", "filepath_or_buffer", "files are read from a disk; fetch it, and write its path here", place)
    elif not re.match(r"[/\\]|[A-Za-z]:", path):
        text = "a path is relative to this document, or to the notebook; there it was to the folder of the program"
        block.tell("changed", "filepath_or_buffer", text, place)
    for old, ours in _READ_CSV.items():
        value = block.take(old)
        if value is not None and ours not in data:
            data[ours] = [str(item) for item in as_list(value)] if ours == "columns" else str(value)
    for key in _HOLDS:
        if block.take(key) is not None:
            block.tell("no effect", key, "it is about how pandas reads, not about what", place)
    return data


def _index(draft: Draft, block: Block, place: Place) -> str:
    """The column with the time."""
    given = block.take("index_col")
    names = as_list(given)
    if len(names) == 1 and isinstance(names[0], str):
        return str(names[0])
    guess = _time_of(draft)
    if names:
        block.tell("guessed", "index_col", f"{given!r} does not name the column with the time; {guess} stands here", place)
    else:
        block.tell("guessed", None, f"no index_col names the column with the time; {guess} stands here", place)
    return guess


def _odbc(draft: Draft, block: Block, place: Place) -> dict[str, Any]:
    """A query over ODBC. Its connection may hold a password, so that no value of it is repeated anywhere."""
    variable = "OLD_DATABASE"
    for key in (*_CONNECTION, *_ACCOUNT):
        if block.take(key) is not None:
            text = f"set the environment variable {variable} to the database's SQLAlchemy address, such as mssql+pyodbc://user:password@dsn"
            block.tell("not taken over", key, text, place)
    data: dict[str, Any] = {"loader": "sql", "connection": variable, "time": _index(draft, block, place)}
    query, table = block.text("query") or block.text("sql"), block.text("table")
    if query:
        data["query"] = query
    elif table:
        data["table"] = table
    else:
        data["query"] = "SELECT 1"
        block.tell("not taken over", None, "neither a query nor a table is given; write one", place)
    for key in ("parse_dates", "index"):
        block.take(key)
    return data
