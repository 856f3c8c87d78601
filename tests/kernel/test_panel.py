"""The live panel: throttling, its static form, and messages from its buttons."""

from __future__ import annotations

import threading
import time
from typing import Any

from tsml_kernel import LivePanel
from tsml_kernel._static import status_bundle
from tsml_kernel._throttle import Throttle

from dsframework.records import ExperimentProgress, StudyProgressed, StudyStatus, TrialFinished, TrialRecord, WorkerLine


def status(**more: Any) -> StudyStatus:
    lines = [
        ExperimentProgress(name="slow", model="ridge", status="running", score=3.0, score_std=0.5),
        ExperimentProgress(name="fast", model="ridge", status="finished", score=2.0, beats_baselines=False),
        ExperimentProgress(name="<b>odd</b>", model="ridge", status="failed", error="model.failed: <script>"),
    ]
    return StudyStatus(**({"study": "0" * 32, "name": "volume", "status": "running", "metric": "mae", "experiments": lines} | more))


def test_a_flood_is_thinned_out_and_its_last_value_arrives() -> None:
    got: list[tuple[float, int]] = []
    done = threading.Event()

    def take(value: int) -> None:
        got.append((time.monotonic(), value))
        if value == 999:
            done.set()

    throttle = Throttle(take, interval=0.1)
    for value in range(1000):
        throttle.push(value)
    assert done.wait(5)
    assert [value for _, value in got] == [0, 999]
    assert got[1][0] - got[0][0] >= 0.09


def test_the_final_status_is_shown_at_once() -> None:
    panel = LivePanel()
    panel.push(status())
    panel.push(status(trials_done=1))
    panel.push(status(status="finished", trials_done=2))
    assert panel.status["status"] == "finished" and panel.status["trials_done"] == 2


def test_failures_are_shown_once_a_kind_with_parameters_and_log() -> None:
    panel = LivePanel()

    def end(number: int, outcome: str, error: str | None = None, experiment: str = "ridge") -> None:
        record = TrialRecord(number=number, key="", params={"alpha": number}, status=outcome, error=error, log=error and f"log {number}")
        panel.listen(TrialFinished(status=status(trials_done=number), experiment=experiment, trial=record))

    end(0, "finished")
    end(1, "failed", "fold 2: too cold")
    end(2, "failed", "fold 2: too cold")
    end(3, "failed", "fold 2: too cold", experiment="lasso")
    for number in range(4, 40):
        end(number, "failed", f"fold {number}: odd")
    panel.push(status(status="finished"))
    shown = [(one["experiment"], one["trial"]["params"], one["trial"]["log"], one["times"]) for one in panel.failures]
    assert shown[:3] == [("ridge", {"alpha": 1}, "log 1", 2), ("lasso", {"alpha": 3}, "log 3", 1), ("ridge", {"alpha": 4}, "log 4", 1)]
    assert len(shown) == 20


def test_a_panel_whose_study_could_not_say_so_is_closed() -> None:
    panel = LivePanel(status())
    panel.close_run("stopped")
    assert panel.status["status"] == "stopped"
    panel.close_run("failed")
    assert panel.status["status"] == "stopped"


def test_the_static_form_is_sorted_escaped_and_says_what_is_not_beaten() -> None:
    html = status_bundle(status())["text/html"]
    assert html.index("fast") < html.index("slow") < html.index("odd")
    assert "<b>odd" not in html and "<script>" not in html and "model.failed: &lt;script&gt;" in html
    assert "not beaten" in html


def test_trials_that_were_pruned_are_told_apart_from_those_that_are_done() -> None:
    line = ExperimentProgress(name="fast", model="ridge", status="running", trials_done=30, trials_pruned=12, trials_total=100)
    shown = status(experiments=[line], trials_done=30, trials_pruned=12, trials_failed=1, trials_total=100)
    html = status_bundle(shown)["text/html"]
    assert "30 of 100 trials, 12 pruned, 1 failed" in html
    assert "30 of 100, 12 pruned" in html


def test_a_study_of_which_a_part_failed_says_which_part() -> None:
    assert "1 of 3 experiments failed" in status_bundle(status(status="failed"))["text/html"]
    assert status_bundle(status(status="finished"))["text/plain"].startswith("volume: finished, 3 experiments")
    assert status_bundle(status(status="failed"))["text/plain"].endswith("; <b>odd</b>: model.failed: <script>")


def test_greater_is_better_turns_the_order_round() -> None:
    html = status_bundle(status(greater_is_better=True, metric="r2"))["text/html"]
    assert html.index("slow") < html.index("fast")


def test_a_wish_to_schedule_an_unknown_run_is_answered_with_the_reason() -> None:
    panel = LivePanel(status())
    sent: list[dict[str, Any]] = []
    panel.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    panel._handle_custom_msg({"kind": "schedule", "request": "7", "run_id": "../x", "name": "n"}, [])
    assert sent[0]["request"] == "7" and sent[0]["ok"] is False and "../x" in sent[0]["text"]


def test_stop_after_the_end_does_nothing() -> None:
    panel = LivePanel(status(status="finished"))
    panel._handle_custom_msg({"kind": "stop"}, [])
    assert panel.stopping is False


def test_what_workers_are_at_reaches_the_panel_thinned_out_and_stands_in_the_static_form() -> None:
    panel = LivePanel(status())
    changes: list[int] = []
    panel.observe(lambda change: changes.append(change.new["workers"][0]["step"]), "status")
    line = {"name": "pid 7", "experiment": "slow", "trial": 3, "fold": 2, "what": "fit", "seconds": 75.0, "steps": 900}
    for step in range(1, 101):
        busy = WorkerLine(**line, step=step, curve=[2.0, 1.0 / step], curve_of="validation mae")
        now = status(workers=[busy, WorkerLine(name="pid 8")], workers_total=2, throughput=1.25, seconds_left=61.0)
        panel.listen(StudyProgressed(status=now))
    panel._throttle.flush()
    assert len(changes) < 10 and changes[-1] == 100
    html = status_bundle(now)["text/html"]
    assert "0 trials, 1.25 fits a second, about 1 min 1 s left" in html
    assert "pid 7: fit slow trial 3 fold 2, for 1 min 15 s, step 100 of 900, validation mae 0.01000" in html
    assert "pid 8 waits" in html
