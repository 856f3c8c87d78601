"""What goes wrong between the loader `onetick` and a server is one line with its mend; settings that would do nothing are refused."""

from __future__ import annotations

import http.server
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from dsframework.data import load_panel
from dsframework.errors import DataError, MissingDependencyError
from dsframework.spec import OneTickData

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the package leaves one open when a query fails
SECRET = "s3cret-word"
SPAN = {"start": "2024-03-07", "end": "2024-03-12"}
TRADES: dict[str, Any] = {"db": "US", "symbols": ["AAPL", "MSFT"], **SPAN}


def read(**data: Any) -> pl.DataFrame:
    return load_panel(OneTickData.model_validate(data)).frame


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "database": (
        TRADES | {"db": "UX"},
        "data.db: OneTick says: Database UX is not found in the locator (got 'UX'); mend the query, or the",
    ),
    "symbol": (
        TRADES | {"symbols": ["AAPL", "APPL"]},
        "data.symbols: 1 of 2 symbols have no row from 2024-03-07 to 2024-03-12 (got 'APPL'); mend their names, or leave them out",
    ),
    "entitlement": (
        TRADES | {"symbols": ["AAPL", "LOCKED"]},
        "data.symbols: OneTick says: No entitlement for the symbol (got 'LOCKED'); mend the name, or the rights of the user",
    ),
    "empty": (
        TRADES | {"start": "2023-03-07", "end": "2023-03-12"},
        "data.db: OneTick's answer has no row (got 'US'); look at the symbols, the tick type, data.start and data.end",
    ),
    "silence": (
        TRADES | {"db": "SILENT", "timeout": "300ms"},
        "data.timeout: OneTick did not answer within 300ms (got '300ms'); look whether the server runs, ask for less, or set data.timeout",
    ),
    "truncated": (
        TRADES | {"tick_type": "BAD", "symbols": ["CUT"]},
        "data.loader: OneTick's answer breaks off, or is none: ChunkedEncodingError (got 'onetick'); try again; check that",
    ),
    "stored": (
        {"query": "remote://US::bars/daily.otq", "symbols": ["US::AAPL"], **SPAN},
        "data.query: OneTick says: Otq file bars/daily.otq is not found (got 'remote://US::bars/daily.otq'); mend the query",
    ),
    "sql": ({"sql": "selekt 1"}, "data.sql: OneTick says: SQL parse error (got 'selekt 1'); mend the query, or the rights of the user"),
    "column": (TRADES | {"entity": "PRICE"}, "data.entity: OneTick's answer has a field of that name (got 'PRICE'); write it to another"),
    "bounds": (TRADES | {"end": "2024-03-06"}, "data.end: the end lies before the start (got '2024-03-06'); set it to the start's day or"),
    "day": (TRADES | {"end": "tomorrow"}, "data.end: this is not a day (got 'tomorrow'); write 2024-01-31"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(onetick_server: str, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    data, message = WRONG[case]
    with pytest.raises(DataError) as caught:
        read(**data)
    assert str(caught.value).startswith(message)
    assert SECRET not in str(caught.value)
    assert onetick_server not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_a_server_that_is_not_there_or_is_another_or_refuses_is_told(onetick_server: str, onetick_settings: Callable[..., None]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    here, who = {"OTP_HTTP_ADDRESS": onetick_server}, "data.loader: OneTick refuses the user: User is not authenticated"
    cases = [
        (
            {"OTP_HTTP_ADDRESS": ""},
            "data.loader: no OneTick server is named (got 'onetick'); set OTP_HTTP_ADDRESS; set OTP_ACCESS_TOKEN, or",
        ),
        (
            {"OTP_HTTP_ADDRESS": f"http://127.0.0.1:{free}"},
            "data.loader: the OneTick server can't be reached (got 'onetick'); check OTP_HTTP_",
        ),
        (
            {"OTP_HTTP_ADDRESS": f"http://127.0.0.1:{page.server_port}"},
            "data.loader: OneTick's answer breaks off, or is none: ArrowInvalid",
        ),
        (
            {"OTP_HTTP_ADDRESS": "http://ann:wr0ng-word@127.0.0.1:port/"},
            "data.db: OneTick says: Port must be a positive number, however http_",
        ),
        (here | {"OTP_HTTP_PASSWORD": "wr0ng-word"}, who),
        (here | {"OTP_CLIENT_SECRET": "wr0ng-word"}, "data.loader: onetick-py's settings do not fit together: Parameters otp.config."),
    ]
    for environment, message in cases:
        onetick_settings(**environment)
        with pytest.raises(DataError) as caught:
            read(**TRADES)
        assert str(caught.value).startswith(message)
        assert "word" not in str(caught.value).replace("PASSWORD", "")
        assert "127.0.0.1" not in str(caught.value)
    page.shutdown()
    page.server_close()


class _Page(http.server.BaseHTTPRequestHandler):
    """A page of a proxy."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer with HTML, whatever is asked."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body>Sign in</body></html>")


def test_an_access_token_is_enough(onetick_server: str, onetick_settings: Callable[..., None]) -> None:
    onetick_settings(OTP_HTTP_ADDRESS=onetick_server, OTP_HTTP_USERNAME="", OTP_HTTP_PASSWORD="", OTP_ACCESS_TOKEN="t0ken-word")
    assert read(**TRADES, bucket="1d").height == 8


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onetick.py", "onetick.query_webapi"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            with pytest.raises(MissingDependencyError, match=r'^onetick-py is not installed; pip install "jupyterlab-tsml\[onetick\]"$'):
                read(**TRADES)


REFUSED = [
    ({}, "write one of 'db' and 'query' and 'sql', and not none"),
    (TRADES | {"sql": "select 1"}, "write one of 'db' and 'query' and 'sql', and not both"),
    ({"db": "US", **SPAN}, "'symbols' is needed here"),
    ({"db": "US", "symbols": ["AAPL"], "end": "2024-03-07"}, "'start' is needed here"),
    ({"sql": "select 1", "symbols": ["AAPL"]}, "'symbols' does nothing beside 'sql', whose text names them; remove it"),
    (TRADES | {"price": "LAST"}, "'price' does nothing without 'bucket'; remove it"),
    (TRADES | {"parameters": {"A": 1}}, "'parameters' does nothing without 'query'; remove it"),
    ({"sql": "select 1", "bucket": "1d"}, "'bucket' does nothing without 'db'; remove it"),
    (
        TRADES | {"bucket": "1min", "resample": {"every": "5min"}},
        "'bucket' and 'resample' both make bars of ticks; remove one of the two",
    ),
    (TRADES | {"bucket": "2h"}, "expected bars that divide the hour, or 1d, such as 30s, 5min or 1h; other lengths are made by 'resample'"),
    (TRADES | {"entity": None}, "'entity' is needed for several symbols: it names the column that the symbol is written to"),
    (TRADES | {"timezone": None}, "'timezone' is needed: bounds and bars are seen in it"),
    (TRADES | {"symbols": ["A\nROOT=WRITE()"]}, "should match pattern"),
    ({"query": "bars.otq", "symbols": ["US::AAPL"], **SPAN}, "should match pattern"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[message[:24] for _, message in REFUSED])
def test_settings_that_would_do_nothing_are_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OneTickData.model_validate(data)
    assert message in str(caught.value)
