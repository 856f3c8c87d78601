"""A real PostgreSQL, started where its programs are found, and a stand-in for OneTick's web server."""

from __future__ import annotations

import datetime as dt
import gc
import os
import pwd
import random
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest


def _programs() -> dict[str, str] | None:
    places = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ.get("PATH", "")]
    found = {name: shutil.which(name, path=os.pathsep.join(places)) for name in ("initdb", "pg_ctl", "postgres")}
    return {name: path for name, path in found.items() if path} if all(found.values()) else None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database; PostgreSQL refuses to run as root, so that it runs as `nobody` then."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL (initdb, pg_ctl, postgres) on the PATH")
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    data = str(folder / "data")
    (folder / "password").write_text("s3cret-word\n")
    (folder / "password").chmod(0o644)
    run(programs["initdb"], "-D", data, "-U", "tsml", "-A", "md5", f"--pwfile={folder / 'password'}", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(programs["pg_ctl"], "-D", data, "-w", "-t", "60", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://tsml:s3cret-word@127.0.0.1:{port}/postgres"
    finally:
        run(programs["pg_ctl"], "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


NEW_YORK = ZoneInfo("America/New_York")
SECRET = "s3cret-word"
STORED = """[hourly]
CPU_NUMBER = 1
ROOT=PASSTHROUGH()
ROOT_SOURCE = NODE_1
NODE_1=COMPUTE(COMPUTE="SUM(INPUT_FIELD_NAME=SIZE) TOTAL,LAST(INPUT_FIELD_NAME=PRICE) CLOSE",BUCKET_INTERVAL=$SECONDS)
NODE_1_SOURCE = NODE_2
NODE_2=PASSTHROUGH()
NODE_2_TICK_TYPE=US::TRD
TYPE = GRAPH
PARAMETER = SECONDS 3600

[_meta]
file_version = 1.0
"""


def stamp(year: int, month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> int:
    """Nanoseconds since 1970 of a moment in New York."""
    return int(dt.datetime(year, month, day, hour, minute, tzinfo=NEW_YORK, fold=fold).timestamp()) * 1_000_000_000


def trades() -> pl.DataFrame:
    """Ticks of two symbols on both sides of a change of clocks, some of them at the very edge of a bar."""
    rng = random.Random(5)
    rows = []
    for symbol in ("AAPL", "MSFT"):
        for day in (7, 8, 11, 12):
            opening = stamp(2024, 3, day, 9, 30)
            moments = {opening + 300 * 10**9 * number for number in range(5)} | {
                opening + rng.randrange(23_400 * 10**9) for _ in range(150)
            }
            rows += [(symbol, moment, round(100 + rng.gauss(0, 1), 2), rng.randrange(1, 500), "NQ"[rng.randrange(2)]) for moment in moments]
    rng.shuffle(rows)
    return pl.DataFrame(rows, schema=["symbol", "epoch", "PRICE", "SIZE", "EXCHANGE"], orient="row")


@pytest.fixture(scope="module")
def onetick_ticks() -> pl.DataFrame:
    return trades()


@pytest.fixture(scope="module")
def onetick_folder(onetick_ticks: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the servers serve."""
    place = tmp_path_factory.mktemp("onetick")
    for name in ("US", "SILENT", "otq"):
        (place / name).mkdir()
    onetick_ticks.write_parquet(place / "US" / "TRD.parquet")
    quotes = onetick_ticks.select("symbol", "epoch", pl.col("PRICE").alias("BID"), pl.col("PRICE").add(0.01).alias("ASK"))
    quotes.write_parquet(place / "US" / "QTE.parquet")
    cut = onetick_ticks.filter(pl.col("symbol") == "AAPL").with_columns(symbol=pl.lit("CUT"))
    twice = {"symbol": ["BTC"] * 2, "epoch": [stamp(2024, 11, 3, 1, 30, fold=fold) for fold in (0, 1)], "PRICE": [1.0, 2.0]}
    cut.write_parquet(place / "US" / "BAD.parquet")
    pl.DataFrame(twice).write_parquet(place / "US" / "COIN.parquet")
    (place / "otq" / "bars").mkdir()
    (place / "otq" / "bars" / "hourly.otq").write_text(STORED)
    return place


@pytest.fixture(scope="module")
def onetick_servers(onetick_folder: Path) -> Iterator[Callable[[str], str]]:
    """A function that returns the address of a server: with times in UTC, or by the clock of the query's zone."""
    running: dict[str, tuple[subprocess.Popen[str], str]] = {}

    def start(times: str) -> str:
        if times not in running:
            program = [sys.executable, str(Path(__file__).with_name("onetick_server.py")), str(onetick_folder)]
            process = subprocess.Popen([*program, *(["--shift"] if times == "clock" else [])], stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            running[times] = process, f"http://127.0.0.1:{process.stdout.readline().strip()}"
        return running[times][1]

    yield start
    for process, _ in running.values():
        process.kill()
        process.communicate()
    for thread in [one for one in threading.enumerate() if one.name == "tsml-onetick"]:
        thread.join(timeout=20)
    gc.collect()  # the sockets of failed queries, so that no other test is told of them


@pytest.fixture(params=["clock", "utc"])
def both_servers(request: pytest.FixtureRequest, onetick_servers: Callable[[str], str], onetick_settings: Callable[..., None]) -> str:
    """Ask one server after the other: they differ in how they write times."""
    onetick_settings(OTP_HTTP_ADDRESS=onetick_servers(request.param))
    return str(request.param)


@pytest.fixture
def onetick_server(onetick_servers: Callable[[str], str], onetick_settings: Callable[..., None]) -> str:
    """Ask the server that writes the clock of the query's zone."""
    onetick_settings(OTP_HTTP_ADDRESS=onetick_servers("clock"))
    return onetick_servers("clock")


@pytest.fixture
def onetick_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that sets the environment of onetick-py, and no other variable of it."""
    for name in ("ADDRESS", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"OTP_HTTP_{name}", raising=False)
    for name in ("OTP_ACCESS_TOKEN", "OTP_CLIENT_ID", "OTP_CLIENT_SECRET", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)

    def set_all(**values: str) -> None:
        for name, value in ({"OTP_HTTP_USERNAME": "ann", "OTP_HTTP_PASSWORD": SECRET} | values).items():
            monkeypatch.setenv(name, value)

    return set_all
