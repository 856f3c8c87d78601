"""The audit of a study's experiments: what is said of the features is said once for all that share them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from dsframework.audit import Golden, audit_features, check_golden, make_golden
from dsframework.errors import NotFoundError, TsmlError
from dsframework.experiment import AuditOutcome, audit_labels, expand
from dsframework.features import build_features
from dsframework.records import AuditCheck, AuditReport
from dsframework.splitting import Fold
from dsframework.study._prepare import Prepared
from dsframework.tracking import load_golden, load_result, load_spec_of, run_summary

__all__ = ["Auditor", "audit_run", "feature_builder"]

_NO_FUTURE = "clusters are made of all rows and predict nothing, so that no future can leak into them"


@dataclass(frozen=True)
class _Seen:
    checks: tuple[AuditCheck, ...]
    golden: Golden | None
    seconds: float


def feature_builder(prepared: Prepared) -> Any:
    """Return the function from the rows of the experiment's panel to its features."""
    panel, plan = prepared.panel, prepared.plan
    return partial(build_features, components=plan.features, time=panel.time, entity=panel.entity, calendar=panel.calendar)


class Auditor:
    """Audits the experiments of one study."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def report(self, prepared: Prepared, fits: AuditOutcome, *, beats_baselines: bool | None) -> AuditReport | None:
        """Return everything that the audit has to say of an experiment; None where the document switches it off.

        Parameters
        ----------
        prepared
            Plan, rows and folds.
        fits
            What the fits of the audit found.
        beats_baselines
            Whether the test score is better than that of every naive forecast; None where there is none.
        """
        if prepared.plan.audit == "off":
            return None
        if prepared.plan.task == "clustering":
            return AuditReport.of([AuditCheck(name="future", verdict="not verified", detail=_NO_FUTURE)], 0.0)
        started = time.perf_counter()
        seen = self._features(prepared)
        labels = audit_labels(prepared.dataset, _all_folds(prepared), prepared.final) if prepared.dataset.has_target else None
        checks = [*seen.checks, *([labels] if labels else []), *fits.checks, *_baseline(prepared, beats=beats_baselines)]
        seconds = time.perf_counter() - started + fits.seconds
        return AuditReport.of(checks, seconds)

    def golden(self, prepared: Prepared) -> Golden | None:
        """Return the golden features of an experiment's panel, where their history is not too long to keep."""
        return None if prepared.plan.task == "clustering" else self._features(prepared).golden

    def _features(self, prepared: Prepared) -> _Seen:
        key = prepared.dataset_key
        if key not in self._seen:
            self._seen[key] = _look(prepared)
        return self._seen[key]


def _look(prepared: Prepared) -> _Seen:
    started = time.perf_counter()
    panel, build = prepared.panel, feature_builder(prepared)
    try:
        checks = audit_features(panel.frame, build, time=panel.time, entity=panel.entity, seed=prepared.plan.seed)
        golden = make_golden(panel.frame, build, time=panel.time, entity=panel.entity, lookback=prepared.dataset.lookback)
    except TsmlError as error:  # other values may be refused where the real ones are not
        unknown = AuditCheck(name="future", verdict="not verified", detail=f"the features can't be computed over other values: {error}")
        return _Seen((unknown,), None, time.perf_counter() - started)
    if golden is None:
        kept = AuditCheck(name="golden", verdict="not verified", detail="the features' history is too long to be kept with the run")
    else:
        kept = check_golden(Golden.from_bytes(golden.to_bytes()), build, time=panel.time, entity=panel.entity)
    return _Seen((*checks, kept), golden, time.perf_counter() - started)


def _all_folds(prepared: Prepared) -> list[Fold]:
    """The validation folds, and where the split is nested those inside them and inside the part before the final test."""
    return [*prepared.folds, *(fold for inside in prepared.inner.values() for fold in inside)]


def _baseline(prepared: Prepared, *, beats: bool | None) -> list[AuditCheck]:
    """Whether the test's score is better than every forecast that needs no training."""
    if not prepared.dataset.has_target or prepared.plan.task not in ("regression", "classification"):
        return []
    metric = prepared.plan.metric
    if beats is None:
        return [AuditCheck(name="baseline", verdict="not verified", detail=f"{metric} of the test, or of every baseline, has no value")]
    if beats:
        return [AuditCheck(name="baseline", verdict="clean", detail=f"{metric} of the test is better than that of every naive forecast")]
    return [AuditCheck(name="baseline", verdict="warned", detail=f"{metric} of the test is not better than that of every naive forecast")]


def audit_run(run_id: str) -> AuditReport:
    """Return the recorded audit of a run, with its golden features computed again by what is installed now.

    Raises
    ------
    NotFoundError
        When there is no such run, it has no result, or it was not audited.
    """
    run = run_summary(run_id)
    result = load_result(run.run_id)
    report = result.audit
    if report is None:
        raise NotFoundError(f"run {run.run_id[:8]} was not audited", field="run", value=run_id, mend="remove audit: off and run it again")
    golden = load_golden(run.run_id)
    plan = next((plan for plan in expand(load_spec_of(run.run_id)) if plan.name == run.name), None)
    if golden is None or plan is None:
        return report
    rows, features = golden
    data = plan.data
    build = partial(build_features, components=plan.at(result.params).features, time=data.time, entity=data.entity, calendar=data.calendar)
    again = check_golden(Golden(rows, features), build, time=data.time, entity=data.entity)
    return AuditReport.of([again if check.name == "golden" else check for check in report.checks], report.seconds)
