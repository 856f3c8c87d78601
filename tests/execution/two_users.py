"""A Ray of three processors that two users share, each with a driver of his own; prints what was seen of it.

    python tests/execution/two_users.py FOLDER

Ann, whose share is twice Bob's, has all workers when Bob comes. Then she is killed, and so is the keeper of the shares. Bob's quota is two.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

QUOTAS = "ann: {share: 2}\nbob: {share: 1, fits: 2}\n"
FIT_SECONDS = 0.2
PATIENCE_SECONDS = 90.0


def drive(user: str, home: Path) -> None:
    """Keep workers busy, and print a line whenever a moment has passed."""
    from dsframework.execution import Owner, Work, make_executor

    executor: Any = make_executor("ray", home=home, owner=Owner(user))
    sent = done = 0
    while True:
        while executor.free > 0:
            executor.submit(Work(str(sent), time.sleep, (FIT_SECONDS,)))
            sent += 1
        done += len(executor.wait(FIT_SECONDS))
        busy = len({one.pid for one in executor.at_work().shown if one.key is not None})
        waiting = executor.waiting
        print(json.dumps({"done": done, "busy": busy, "place": executor.place, "why": waiting.why if waiting else None}), flush=True)


class Driver:
    """A user's driver, and the lines that it printed."""

    def __init__(self, user: str, folder: Path) -> None:
        self.process = subprocess.Popen([sys.executable, __file__, str(folder), user], stdout=subprocess.PIPE, text=True)
        self.lines: list[dict[str, Any]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    @property
    def busy(self) -> int:
        return int(self.lines[-1]["busy"]) if self.lines else 0

    @property
    def done(self) -> int:
        return int(self.lines[-1]["done"]) if self.lines else 0

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def until(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def keeper() -> int:
    """The process that keeps the shares; 0 while there is none."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "ShareKeeper" in "".join(process.cmdline()[:1]):
                return process.pid
    return 0


def watch(folder: Path) -> dict[str, Any]:
    ann = Driver("ann", folder)
    bob = None
    try:
        until("ann has all", lambda: ann.busy == 3)
        bob = Driver("bob", folder)
        until("both have their share", lambda: (ann.busy, bob.busy) == (2, 1))
        waited = [line for line in bob.lines if line["place"]]
        before = ann.done, bob.done
        until("twenty fits more", lambda: bob.done >= before[1] + 20)
        shared = ann.done - before[0], bob.done - before[1]
        ann.kill()
        killed = time.monotonic()
        until("bob has what his quota allows", lambda: bob.busy == 2)
        freed = time.monotonic() - killed
        first = keeper()
        os.kill(first, signal.SIGKILL)
        until("another keeper", lambda: keeper() not in (0, first))
        before = 0, bob.done
        until("eighty fits more", lambda: bob.done >= before[1] + 80)
        return {
            "waited": waited[:1],
            "why": next((line["why"] for line in bob.lines if line["why"] and line["place"]), None),
            "shared": shared,
            "seconds_until_free": round(freed, 1),
            "most_of_bob": max(line["busy"] for line in bob.lines),
        }
    finally:
        for driver in filter(None, (ann, bob)):
            driver.kill()


def main(folder: Path) -> None:
    from ray.cluster_utils import Cluster

    (folder / "quotas.yaml").write_text(QUOTAS)
    os.environ |= {"TSML_HOME": str(folder), "TSML_QUOTAS": str(folder / "quotas.yaml"), "RAY_AUTH_MODE": "disabled"}
    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 3, "include_dashboard": False})
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        print(json.dumps(watch(folder)))
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if len(sys.argv) > 2:
        drive(sys.argv[2], place)
    else:
        main(place)
