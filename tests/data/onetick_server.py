"""A stand-in for OneTick's web server: a program that speaks its web API as `onetick.query_webapi` does, over real HTTP.

    python onetick_server.py FOLDER [--shift]

``FOLDER/<database>/<tick type>.parquet`` has ticks with ``symbol``, ``epoch`` (nanoseconds since 1970) and fields; ``FOLDER/otq`` stored
queries. It prints its port, and answers who knows the user ``ann`` with ``s3cret-word``, or the token ``t0ken-word``. A query that names a
file in the client's memory is answered by asking for that file, which comes with a second request, while the first one waits. With
``--shift`` it writes the query's wall clock into times, as a server does that adjusts them for Python.

Of OneTick's graphs it knows what the loader uses: ticks of a database, COMPUTE, WHERE_CLAUSE, PASSTHROUGH, ADD_FIELD, NESTED_OTQ. The
databases SILENT, CUT and PAGE misbehave: no answer, half of one, and a page of HTML.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

SECOND = 1_000_000_000
UTC = ZoneInfo("UTC")
Tick = dict[str, Any]


class Refused(Exception):
    """What the server says instead of an answer."""


class Uploads:
    """Files that clients were asked for, by request and name."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}
        self.arrived = threading.Condition()

    def put(self, key: tuple[str, str], text: str) -> None:
        with self.arrived:
            self.files[key] = text
            self.arrived.notify_all()

    def wait(self, key: tuple[str, str]) -> str:
        with self.arrived:
            if not self.arrived.wait_for(lambda: key in self.files, timeout=20):
                raise Refused("the file was not uploaded")
            return self.files.pop(key)


def epoch(text: str, zone: ZoneInfo) -> int:
    """Nanoseconds since 1970 of a moment such as 20240102093000.5 by the clock of a zone."""
    whole, _, part = text.partition(".")
    moment = dt.datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    return int(moment.timestamp()) * SECOND + int(part.ljust(9, "0") or 0)


def clock(stamp: int, zone: ZoneInfo) -> int:
    """The same wall clock, taken to be UTC."""
    offset = dt.datetime.fromtimestamp(stamp // SECOND, zone).utcoffset()
    assert offset is not None
    return stamp + int(offset.total_seconds()) * SECOND


def ticks_of(folder: Path, db: str, tick_type: str, symbol: str, start: int, end: int) -> list[Tick]:
    file = folder / db / f"{tick_type}.parquet"
    if not file.parent.is_dir():
        raise Refused(f"Database {db} is not found in the locator")
    if not file.is_file():
        return []
    rows = pq.read_table(file, filters=[("symbol", "=", symbol), ("epoch", ">=", start), ("epoch", "<", end)]).to_pylist()
    return [{name: value for name, value in row.items() if name != "symbol"} for row in sorted(rows, key=lambda row: row["epoch"])]


def statistic(call: str, ticks: list[Tick]) -> Any:
    name, arguments = re.fullmatch(r"(\w+)\((.*)\)", call).groups()  # type: ignore[union-attr]
    given = dict(pair.split("=") for pair in arguments.split(",") if pair)
    values = [float(tick[given["INPUT_FIELD_NAME"]]) for tick in ticks] if "INPUT_FIELD_NAME" in given else []
    if name == "NUM_TICKS":
        return len(ticks)
    if name == "SUM":
        return sum(values)
    if not ticks:
        return float("nan")
    if name == "VWAP":
        price, size = given.get("PRICE_FIELD_NAME", "PRICE"), given.get("SIZE_FIELD_NAME", "SIZE")
        total = sum(tick[size] for tick in ticks)
        return sum(tick[price] * tick[size] for tick in ticks) / total if total else float("nan")
    return {"FIRST": values[0], "LAST": values[-1], "HIGH": max(values), "LOW": min(values)}[name]


def edges(start: int, end: int, length: int, zone: ZoneInfo, *, days: bool) -> list[int]:
    """The ends of the buckets of a query, which begin where it begins; days go by the clock."""
    if not days:
        return [min(edge, end) for edge in range(start + length * SECOND, end + length * SECOND, length * SECOND)]
    first = dt.datetime.fromtimestamp(start // SECOND, zone).replace(tzinfo=None)
    found = []
    while not found or found[-1] < end:
        first += dt.timedelta(days=length)
        found.append(min(int(first.replace(tzinfo=zone).timestamp()) * SECOND, end))
    return found


def bars(ticks: list[Tick], node: str, start: int, end: int, zone: ZoneInfo) -> list[Tick]:
    parts = re.findall(r"(\w+\([^)]*\)) (\w+)", re.search(r'COMPUTE="([^"]*)"', node).group(1))  # type: ignore[union-attr]
    length = int(re.search(r"BUCKET_INTERVAL=(\d+)", node).group(1))  # type: ignore[union-attr]
    found, place, begin = [], 0, start
    for edge in edges(start, end, length, zone, days='UNITS="days"' in node):
        mine = []
        while place < len(ticks) and ticks[place]["epoch"] < edge:
            mine.append(ticks[place])
            place += 1
        found.append({"epoch": edge} | {name: statistic(call, mine) for call, name in parts})
        begin = edge
    assert begin == end
    return found


def run_graph(text: str, folder: Path, symbol: str, start: int, end: int, zone: ZoneInfo) -> list[Tick]:
    """The rows of one symbol of a graph, whose steps are taken from its source to its root."""
    nested = re.search(r"NESTED_OTQ remote://\w+::([\w/.]+)", text)
    source = re.search(r"_TICK_TYPE=(\w+)::(\w+)", text)
    if nested is not None:
        inner = stored(folder, nested[1])
        for name, value in re.findall(r"^NODE_\d+_PARAMETER = (\w+) (.*)$", text, re.MULTILINE):
            inner = inner.replace(f"${name}", value)
        rows = run_graph(inner, folder, symbol.rpartition("::")[2], start, end, zone)
    elif source is not None:
        rows = ticks_of(folder, source[1], source[2], symbol, start, end)
    else:
        raise Refused("the graph has no source")
    step = re.search(r"^NODE_\d+=(COMPUTE\(.*\))$", text, re.MULTILINE)
    if step is not None:
        rows = bars(rows, step[1], start, end, zone)
    step = re.search(r'WHERE_CLAUSE\(WHERE="\((\w+)\) > \((\d+)\)"\)', text)
    if step is not None:
        rows = [row for row in rows if row[step[1]] > int(step[2])]
    step = re.search(r'PASSTHROUGH\(FIELDS="([^"]*)"\)', text)
    if step is not None:
        rows = [{"epoch": row["epoch"]} | {name: row[name] for name in step[1].split(",")} for row in rows]
    step = re.search(r'ADD_FIELD\(FIELD="long (\w+)",VALUE="nsectime_to_long\(TIMESTAMP\)"\)', text)
    if step is not None:
        rows = [row | {step[1]: row["epoch"]} for row in rows]
    return rows


def stored(folder: Path, path: str) -> str:
    file = folder / "otq" / path
    if not file.is_file():
        raise Refused(f"Otq file {path} is not found")
    return file.read_text()


SQL = re.compile(
    r"select (?P<fields>.+) from (?P<db>\w+)\.(?P<tick_type>\w+) where symbol_name in \((?P<symbols>[^)]*)\)"
    r" and TIMESTAMP >= '(?P<start>[^']*) (?P<zone>\S+)' and TIMESTAMP < '(?P<end>[^']*) \S+'",
    re.IGNORECASE,
)


def run_sql(text: str, folder: Path) -> dict[str, list[Tick]]:
    found = SQL.fullmatch(text.strip())
    if found is None:
        raise Refused("SQL parse error")
    zone = ZoneInfo(found["zone"])
    start, end = (int(dt.datetime.fromisoformat(found[name]).replace(tzinfo=zone).timestamp()) * SECOND for name in ("start", "end"))
    fields = [name.strip() for name in found["fields"].split(",")]
    symbols = [name.strip(" '") for name in found["symbols"].split(",")]
    return {
        f"{found['db']}::{symbol}": [
            {"epoch": row["epoch"]} | {name: row[name] for name in fields}
            for row in ticks_of(folder, found["db"], found["tick_type"], symbol, start, end)
        ]
        for symbol in symbols
    }


def message(kind: str, columns: dict[str, Any]) -> bytes:
    """A message of the web API: its length in eight bytes, and one Arrow stream whose schema says the kind."""
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    table = table.replace_schema_metadata({"MSG_TYPE": kind})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content = sink.getvalue().to_pybytes()
    return len(content).to_bytes(8, "little") + content


def events(number: int, rows: list[Tick], zone: ZoneInfo | None) -> bytes:
    """The ticks of one symbol; times by the clock of `zone`, if one is given."""
    stamps = [row["epoch"] if zone is None else clock(row["epoch"], zone) for row in rows]
    fields = [pa.field("CALLBACK_ID", pa.int64()), pa.field("TIMESTAMP", pa.int64(), metadata={"TIMESTAMP_TYPE": "NANO"})]
    arrays = [pa.array([number] * len(rows), pa.int64()), pa.array(stamps, pa.int64())]
    for name in rows[0]:
        if name != "epoch":
            arrays.append(pa.array([row[name] for row in rows]))
            fields.append(pa.field(name, arrays[-1].type))
    return message("PROCESS_EVENT", pa.Table.from_arrays(arrays, schema=pa.schema(fields)))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder: Path, *, shift: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.shift, self.uploads = folder, shift, Uploads()
        self.ended = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a request of the web API."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        basic = "Basic " + base64.b64encode(b"ann:s3cret-word").decode()
        if self.path != "/omdwebapi/rest/":
            return self._whole(404, b"no such page")
        if self.headers.get("Authorization") not in (basic, "Bearer t0ken-word"):
            return self._whole(401, b"User is not authenticated")
        if asked["query_type"] == "upload_file":
            self.server.uploads.put(
                (asked["request_id"], asked["upload_file_name"]), base64.b64decode(asked["upload_file_content"]).decode()
            )
            return self._whole(200, b"")
        return self._stream(asked)

    def _whole(self, status: int, content: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, asked: dict[str, Any]) -> None:
        """The answer in chunks of a compressed stream."""
        compressed = asked.get("compression") == "zstd"
        self.send_response(200)
        self.send_header("Content-Type", "application/zstd" if compressed else "application/octet-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Omd-Webapi-Protocol-Version", "1")
        self.end_headers()
        packer = zstandard.ZstdCompressor().compressobj()

        def send(content: bytes) -> None:
            packed = packer.compress(content) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) if compressed else content
            self.wfile.write(f"{len(packed):x}\r\n".encode() + packed + b"\r\n")

        try:
            for part in self._answer(asked, send):
                send(part)
        except Refused as error:
            send(message("EXCEPTION", {"EXCEPTION_MSG": [str(error)]}))
        except ConnectionAbortedError:
            self.close_connection = True
            return
        rest = packer.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH) if compressed else b""
        if rest:
            self.wfile.write(f"{len(rest):x}\r\n".encode() + rest + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _answer(self, asked: dict[str, Any], send: Any) -> Any:
        folder = self.server.folder
        if asked["query_type"] == "chain":  # a stored query is downloaded
            name = asked["symbols"][0]
            yield message("PROCESS_SYMBOL_NAME", {"CALLBACK_ID": [1], "SYMBOL_NAME": [name], "CALLBACK_LABEL": [""]})
            yield events(1, [{"epoch": 0, "COLUMN1": stored(folder, name.rpartition("::")[2])}], None)
            return
        if asked["query_type"] == "sql":
            found = run_sql(asked["statement"], folder)
        else:
            send(message("ERROR", {"SYMBOL_ERROR_CODE": [1021], "SYMBOL_ERROR_MSG": [asked["otq"]], "CALLBACK_ID": [0]}))
            text = self.server.uploads.wait((asked["request_id"], asked["otq"]))
            self._misbehave(text)
            zone = ZoneInfo(re.search(r"^TZ = (\S+)", text, re.MULTILINE)[1])  # type: ignore[index]
            bounds = [epoch(re.search(rf"^{name} = (\S+)", text, re.MULTILINE)[1], zone) for name in ("start", "end")]  # type: ignore[index]
            symbols = re.findall(r"^SECURITY = (\S+)", text, re.MULTILINE)
            found = {symbol: run_graph(text, folder, symbol, bounds[0], bounds[1], zone) for symbol in symbols}
        shift = ZoneInfo(asked["timezone"]) if self.server.shift else None
        for number, (symbol, rows) in enumerate(found.items(), start=1):
            yield message("PROCESS_SYMBOL_NAME", {"CALLBACK_ID": [number], "SYMBOL_NAME": [symbol], "CALLBACK_LABEL": ["OUT"]})
            if symbol.endswith("LOCKED"):
                text = "No entitlement for the symbol"
                yield message("ERROR", {"SYMBOL_ERROR_CODE": [7], "SYMBOL_ERROR_MSG": [text], "CALLBACK_ID": [number]})
            for begin in range(0, len(rows), 1000):
                yield events(number, rows[begin : begin + 1000], shift)
            if symbol.endswith("CUT"):
                raise ConnectionAbortedError

    def _misbehave(self, text: str) -> None:
        if "_TICK_TYPE=SILENT::" in text:
            self.server.ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shift", action="store_true")
    given = parser.parse_args()
    server = Server(given.folder, shift=given.shift)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
