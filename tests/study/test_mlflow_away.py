"""A real MLflow server that can't be reached for a while in the middle of a study."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dsframework.records import StudyEvent
from dsframework.spec import parse_spec
from dsframework.study import run_study
from dsframework.tracking import client

SPEC = """
version: 1
name: away
task: regression
data: {loader: sample, n_entities: 2, n_days: 120}
target: {column: volume}
features: [{lag: {columns: [volume], periods: [0, 1]}}]
split: {cv: {folds: 2}}
models: [{python: {class: slow_model.Slow, arguments: {alpha: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]}}}]
metrics: [mae]
audit: 'off'
"""
MODEL = """
import time
from sklearn.linear_model import Ridge

class Slow(Ridge):
    def fit(self, X, y):
        time.sleep(0.4)
        return super().fit(X, y)
"""
AWAY_SECONDS = 6.0


class Relay:
    """Hands bytes on to a server, but not while it is cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open: list[socket.socket] = []
        self.cut = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                one, _ = self._listening.accept()
            except OSError:
                return
            if self.cut:
                one.close()
                continue
            other = socket.create_connection(("127.0.0.1", self._target))
            self._open += [one, other]
            for source, sink in ((one, other), (other, one)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                sink.sendall(piece)
        for end in (source, sink):
            end.close()

    def break_off(self) -> None:
        self.cut = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self._listening.close()
        self.break_off()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """The way to a server of this test's own."""
    port = free_port()
    arguments = ["--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}", "--artifacts-destination", str(tmp_path / "files")]
    program = [sys.executable, "-m", "mlflow", "server", *arguments, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(program, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                break
            assert server.poll() is None, (tmp_path / "server.log").read_text()
            time.sleep(0.2)
        made = Relay(port)
        yield made
        made.close()
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_while_mlflow_is_away(tmp_path: Path, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_model.py").write_text(MODEL)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{relay.port}")
    monkeypatch.setenv("TSML_HOME", str(tmp_path / "home"))
    while_away: list[int] = []

    def listen(event: StudyEvent) -> None:
        if event.kind == "trial_finished":
            if relay.cut:
                while_away.append(event.trial.number)
            elif event.trial.number == 2:
                relay.break_off()
                threading.Timer(AWAY_SECONDS, lambda: setattr(relay, "cut", False)).start()

    (experiment,) = run_study(parse_spec(SPEC), base=tmp_path, listener=listen).result.experiments
    assert experiment.status == "finished", experiment.error
    assert len(while_away) >= 3, "the study waited for MLflow"
    store = client()
    lines = []
    for file in store.list_artifacts(experiment.run_id, "trials"):
        if file.path.endswith(".jsonl"):
            target = tmp_path / "got"
            target.mkdir(exist_ok=True)
            lines += Path(store.download_artifacts(experiment.run_id, file.path, str(target))).read_text().splitlines()
    assert sorted(json.loads(json.loads(line)["trial"])["number"] for line in lines) == list(range(10))
    assert store.get_run(experiment.run_id).info.status == "FINISHED"
    assert not list((tmp_path / "home" / "spool").rglob("*.jsonl"))
