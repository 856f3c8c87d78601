"""The live panel of a study: one widget that follows its status."""

from __future__ import annotations

import threading
from typing import Any

import anywidget
import traitlets

from dsframework.errors import TsmlError
from dsframework.records import StudyEvent, StudyStatus
from tsml_kernel._assets import asset
from tsml_kernel._failures import Failures
from tsml_kernel._output import clear, publish
from tsml_kernel._scheduling import scheduled_message
from tsml_kernel._shell import kernel_id
from tsml_kernel._static import status_bundle
from tsml_kernel._table import board_text
from tsml_kernel._throttle import Throttle

__all__ = ["ENDED", "LivePanel"]

ENDED = ("finished", "failed", "stopped")


class LivePanel(anywidget.AnyWidget):
    """Progress, leaderboard, workers, learning curves and failures of one study, with Stop, Details and Schedule.

    Parameters
    ----------
    status
        The first status to show.
    detached
        Whether the study runs in a process of its own.
    """

    _esm = asset("live.js")
    _css = asset("live.css")

    status = traitlets.Dict().tag(sync=True)
    failures: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    kernel = traitlets.Unicode("").tag(sync=True)
    detached = traitlets.Bool(False).tag(sync=True)
    stopping = traitlets.Bool(False).tag(sync=True)

    def __init__(self, status: StudyStatus | None = None, *, detached: bool = False) -> None:
        first = status.model_dump(mode="json") if status else {}
        super().__init__(status=first, kernel=kernel_id(), detached=detached)
        self._latest = status
        self._failures = Failures()
        self._throttle: Throttle[StudyStatus] = Throttle(self._send_status)
        self.on_msg(self._receive)

    @property
    def latest(self) -> StudyStatus | None:
        """The newest status that was pushed."""
        return self._latest

    def listen(self, event: StudyEvent) -> None:
        """Take an event of `dsframework.study.run_study`."""
        self._failures.listen(event)
        self.push(event.status)

    def push(self, status: StudyStatus) -> None:
        """Show a status; at most four a second go over the wire, the last one always does."""
        self._latest = status
        self._throttle.push(status)
        if status.status in ENDED:
            self._throttle.flush()

    def close_run(self, status: str) -> None:
        """Show that nothing more will come, when the study itself could not say so; before a first status, show nothing."""
        if self._latest is None:
            clear()
            self.close()
        elif self._latest.status not in ENDED:
            self.push(self._latest.model_copy(update={"status": status, "trials_running": 0, "seconds_left": None}))
        self._throttle.flush()

    def show(self) -> None:
        """Display the live view; the static half is displayed by `show_static` or as the cell's result."""
        view = self._repr_mimebundle_()
        data = dict(view[0]) if view else {}
        publish(data | {"text/plain": "Live panel; its last state stands below."})

    def show_static(self, *, update: bool = False) -> None:
        """Display the newest status as a table and a picture, or replace the one that was displayed."""
        if self._latest is not None:
            publish(status_bundle(self._latest), display_id=f"tsml-{self.model_id}", update=update)

    def _send_status(self, status: StudyStatus) -> None:
        with self.hold_sync():
            self.failures = self._failures.to_wire()
            self.status = status.model_dump(mode="json")

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if content.get("kind") == "stop" and self._latest is not None and self._latest.status not in ENDED:
            self.stopping = True
            threading.Thread(target=self._stop, daemon=True).start()
        elif content.get("kind") == "schedule":
            self.send(scheduled_message(content))

    def _stop(self) -> None:
        from dsframework.study import stop_study

        try:
            stop_study(str(self.status.get("study", "")))
        except TsmlError as error:
            self.stopping = False
            self.send({"kind": "stop_failed", "text": str(error)})

    def __repr__(self) -> str:
        from tsml_kernel._lines import board_of_status

        return board_text(board_of_status(self._latest)) if self._latest else "LivePanel()"
