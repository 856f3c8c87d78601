"""Recording beside the study: the study never waits for MLflow, and loses nothing while MLflow is away.

A thread sends what the spool holds, the study's status, and asks whether somebody wants the study to stop. MLflow that does not answer is
tried again for as long as it takes; only what needs an answer (`flush`, at the end of an experiment) gives up, after `patience` seconds.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import suppress
from pathlib import Path

import polars as pl

from dsframework.errors import ConflictError, NotFoundError, TrackingError, TrackingUnavailableError, TsmlError, one_line
from dsframework.records import StudyStatus, TrialRecord
from dsframework.tracking._client import home, tracking_uri
from dsframework.tracking._kept import KeptFits
from dsframework.tracking._spool import Batch, Spool, spools
from dsframework.tracking._store import StudyStore

__all__ = ["Journal", "send_leftovers"]

_SECONDS = 1.0
_PATIENCE = 900.0
_WAITS = (0.5, 1.0, 2.0, 5.0, 10.0)


class Journal:
    """Records the trials and the status of one study.

    Parameters
    ----------
    store
        MLflow.
    study
        The study's id.
    patience
        For how many seconds MLflow may be away before the study gives up.
    anew
        Forget the fits that an earlier process kept.

    Attributes
    ----------
    fits
        Fits whose trial is not recorded yet; for the study's own thread.
    """

    def __init__(self, store: StudyStore, study: str, *, patience: float = _PATIENCE, anew: bool = False) -> None:
        self.store, self.study, self.patience = store, study, patience
        self._spool = Spool(_place() / study)
        self.fits = KeptFits(home() / "fits" / f"{study}.fits", anew=anew)
        self._over = False
        self._change = threading.Condition()
        self._status: StudyStatus | None = None
        self._stop = False
        self._closed = False
        self._sending = False
        self._away: tuple[float, TsmlError] | None = None
        self._failed: TsmlError | None = None
        self._thread = threading.Thread(target=self._run, name="tsml-journal", daemon=True)
        self._thread.start()

    def record_trial(self, run_id: str, record: TrialRecord, predictions: pl.DataFrame | None) -> None:
        """Record a trial; it is kept when this returns, and in MLflow a second later."""
        self._check()
        with self._change:
            self._spool.append(run_id, record, predictions)

    def read_trial_predictions(self, run_id: str, number: int) -> pl.DataFrame | None:
        """Return the out-of-fold predictions of a trial, where they were kept."""
        with self._change:
            own = self._spool.frame(run_id, number)
            if own is not None:
                return own
        return self.store.read_trial_predictions(run_id, number)

    def save_status(self, status: StudyStatus) -> None:
        """Store how far the study is, soon; a later status takes the place of one that is not sent yet."""
        with self._change:
            self._status = status
            self._over = status.status in ("finished", "failed")

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked the study to stop, as of a second ago."""
        self._check()
        return self._stop

    @property
    def away(self) -> str | None:
        """What MLflow's silence is called, while it lasts."""
        away = self._away
        return None if away is None else str(away[1])

    def flush(self, *, patience: float | None = None) -> None:
        """Return when MLflow has every trial and the last status; `patience` takes the place of the journal's own.

        Raises
        ------
        TrackingUnavailableError
            When it was away for `patience` seconds; what is kept here is sent when the study, or another one, is started again.
        """
        started = time.monotonic()
        with self._change:
            self._sending = True
            self._change.notify_all()
            while self._sending:
                self._change.wait(0.2)
                self._check()
                if self._away is not None and time.monotonic() - started > (self.patience if patience is None else patience):
                    raise self._away[1]

    def close(self) -> None:
        """End the thread; what MLflow does not have yet stays in the spool."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        self._thread.join(timeout=30)
        self._spool.close()
        self.fits.close(remove=self._over)

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed

    def _latest(self, older: StudyStatus | None) -> StudyStatus | None:
        return older if self._status is None else self._status

    def _run(self) -> None:
        attempt = 0
        while True:
            with self._change:
                self._change.wait_for(
                    lambda: self._closed or self._sending, _SECONDS if not attempt else _WAITS[min(attempt, len(_WAITS)) - 1]
                )
                if self._closed:
                    return
                flushing = self._sending
            try:
                everything = self._send()
            except TrackingUnavailableError as error:
                self._away = self._away or (time.monotonic(), error)
                attempt += 1
                continue
            except TsmlError as error:  # MLflow answers, and refuses: nobody will mend that by waiting
                self._failed = error
                return
            except Exception as error:  # the study must hear of it
                self._failed = TrackingError(
                    f"what is to be recorded can't be sent: {type(error).__name__}: {one_line(error, 200)}",
                    mend="start the study again; finished trials are kept",
                )
                if isinstance(error, OSError):
                    return
                raise
            attempt, self._away = 0, None
            if flushing and everything:
                with self._change:
                    self._sending = False
                    self._change.notify_all()

    def _send(self) -> bool:
        """Send what there is; returns whether that was all."""
        self._spool.sync()
        with self._change:
            batches, until = self._spool.unsent()
            status, self._status = self._status, None
        try:
            for batch in batches:
                send_batch(self.store, batch)
            if batches:
                self._spool.mark_sent(until)
                with self._change:
                    self._spool.let_go(batches)
            if status is not None:
                self.store.save_status(status)
        except TsmlError:
            with self._change:
                self._status = self._latest(status)
            raise
        self._stop = self._stop or self.store.stop_requested(self.study)
        with self._change:
            return self._spool.waiting <= 0 and self._status is None


def send_batch(store: StudyStore, batch: Batch) -> None:
    """Store a batch in MLflow: predictions first, so that a record means that they are there."""
    for number, frame in batch.frames.items():
        store.log_frame(batch.run_id, frame, f"trials/{number:05d}.parquet")
    store.log_text(batch.run_id, batch.text, batch.name)


def send_leftovers(store: StudyStore) -> None:
    """Send what studies that died have left in their spools; those of living ones are theirs."""
    for folder in spools(_place()):
        try:
            spool = Spool(folder)
        except ConflictError:
            continue
        try:
            _send_all(store, spool)
        finally:
            spool.close()


def _place() -> Path:
    """The spools for this MLflow: what was meant for one is not sent to another."""
    return home() / "spool" / hashlib.sha256(tracking_uri().encode()).hexdigest()[:12]


def _send_all(store: StudyStore, spool: Spool) -> None:
    while spool.waiting > 0:
        batches, until = spool.unsent()
        for batch in batches:
            with suppress(NotFoundError):  # somebody deleted the run
                send_batch(store, batch)
        spool.mark_sent(until)
        spool.let_go(batches)
