"""What the searches of a study hear of earlier studies before their first point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dsframework.errors import NotFoundError, SpecError
from dsframework.experiment import Plan, expand
from dsframework.metrics import get_metric
from dsframework.records import TrialRecord
from dsframework.spec import ExperimentSpec, SpecIssue, parse_spec
from dsframework.study._prepare import Prepared
from dsframework.study._search import SearchOf, searches_of
from dsframework.study._space import Point, place_of
from dsframework.study._status import study_status
from dsframework.tracking import KIND, StudyStore, client, guard, read_text

__all__ = ["warm_searches"]


@dataclass(frozen=True)
class _Earlier:
    """A finished experiment of an earlier study, whose trials no longer change; `tried` are the keys of those that were scored."""

    plan: Plan
    fingerprint: str
    trials: tuple[TrialRecord, ...]
    tried: frozenset[str]


def warm_searches(
    spec: ExperimentSpec, prepared: list[Prepared], searches: Mapping[str, SearchOf]
) -> tuple[dict[str, SearchOf], dict[str, frozenset[str]]]:
    """Return the searches of a study's experiments by name, told of the finished trials of the studies of `tuning.warm_start`.

    Beside them stand the keys of all trials that were tried before on the same data, target and split, by whatever model, in those studies
    and in those that they began with themselves, as far as these are still there.

    An experiment hears the trials of finished experiments with the same data, target, split, metric and model that lie in its search
    space, in the order of the studies, of their experiments and of the trials' keys (of a point that was tried twice either trial may be
    the one that is found); features, preprocessing and seed may be others.
    A search inside a fold of a nested split hears those that were tried inside the same fold, which know nothing of later times.

    Raises
    ------
    SpecError
        When one of the studies is not there, or gives nothing to any experiment.
    """
    if not spec.tuning.warm_start:
        return dict(searches), {}
    plans = {plan.name: plan for plan in expand(spec)}
    known: dict[str, dict[int, list[tuple[Point, float]]]] = {item.plan.name: {} for item in prepared}
    everything: dict[str, list[_Earlier]] = {}
    for position, study in enumerate(spec.tuning.warm_start):
        field = f"tuning.warm_start[{position}]"
        earlier = _experiments_of(study, field, spec, everything)
        heard, why = 0, []
        for item in prepared:
            for one in earlier:
                differs = _difference(plans[item.plan.name], item.fingerprint, one)
                if differs is not None:
                    why.append(differs)
                    continue
                for inside, scored in _inside(one, item.plan):
                    known[item.plan.name].setdefault(inside, []).append(scored)
                    heard += 1
                why.append((_SAME, f"no trial of its {one.plan.name} lies in the search space"))
        if not heard:
            reason = max(why, default=(0, "it has no finished experiment; let it finish first"))[1]
            raise SpecError([SpecIssue(field, f"study {study[:8]} tells this one nothing: {reason}; remove it, or name another")])
    greater = get_metric(spec.metric).greater_is_better
    warm = {
        name: searches_of(plans[name].search_space, spec.tuning, field=name, greater_is_better=greater, known=known.get(name))
        for name in searches
    }
    all_of_them = [one for experiments in everything.values() for one in experiments]
    tried = {item.plan.name: _tried(plans[item.plan.name], item.fingerprint, all_of_them) for item in prepared}
    return warm, tried


def _tried(plan: Plan, fingerprint: str, earlier: list[_Earlier]) -> frozenset[str]:
    same = [one for one in earlier if _difference(plan, fingerprint, one, of_model=False) is None]
    return frozenset(key for one in same for key in one.tried)


_SAME = 6


def _difference(plan: Plan, fingerprint: str, other: _Earlier, *, of_model: bool = True) -> tuple[int, str] | None:
    """The first thing in which two experiments differ so that their scores can't be compared, and how many they have in common."""
    earlier = other.plan
    checks = (
        (not of_model or earlier.model.name == plan.model.name, f"it has no {plan.model.name}"),
        ((earlier.task, earlier.metric) == (plan.task, plan.metric), f"its metric is {earlier.metric}"),
        (earlier.stage_key("target") == plan.stage_key("target"), f"the target of its {earlier.name} is another"),
        (not of_model or _searched(earlier) == _searched(plan), f"the search over stages of its {earlier.name} is another"),
        (earlier.stage_key("split") == plan.stage_key("split"), f"the split of its {earlier.name} is another"),
        (
            (earlier.identity()["data"], other.fingerprint) == (plan.identity()["data"], fingerprint),
            f"the data of its {earlier.name} are others",
        ),
    )
    return next(((rank, text) for rank, (same, text) in enumerate(checks) if not same), None)


def _searched(plan: Plan) -> Any:
    return plan.search and plan.search.to_plain()


def _inside(earlier: _Earlier, plan: Plan) -> Iterator[tuple[int, tuple[Point, float]]]:
    """The trials that lie in a search space, with the fold that they were tried inside, 0 where the split is not nested."""
    for trial in earlier.trials:
        score = trial.cv[plan.metric].mean if plan.metric in trial.cv else None
        if score is not None and place_of(plan.search_space, trial.params) is not None:
            yield trial.inside or 0, (trial.params, score)


def _experiments_of(study: str, field: str, spec: ExperimentSpec, everything: dict[str, list[_Earlier]]) -> list[_Earlier]:
    """The finished experiments of a study; `everything` gets them, and those of the studies that it began with."""
    try:
        identity = study_status(study).study
        recorded = parse_spec(read_text(client(), identity, "spec.yaml"))
        plans = {plan.name: plan for plan in expand(recorded)}
    except NotFoundError as error:
        raise SpecError([SpecIssue(field, f"there is no study {study!r}; see them with: tsml status")]) from error
    except SpecError as error:
        raise SpecError([SpecIssue(field, f"study {study[:8]} was recorded by another version; remove it, or run it again")]) from error
    if identity not in everything:
        store = StudyStore(spec.tracking.experiment or spec.name)
        runs = {run.data.tags.get("tsml.name"): run for run in _finished_runs(identity)}
        everything[identity] = [_earlier(store, plan, runs[name]) for name, plan in plans.items() if name in runs]
        for before in recorded.tuning.warm_start:
            with suppress(SpecError):  # who removed a study has forgotten what it tried
                _experiments_of(before, field, spec, everything)
    return everything[identity]


def _finished_runs(study: str) -> list[Any]:
    store = client()
    with guard():
        place = store.get_run(study).info.experiment_id
        runs = store.search_runs([place], f"tags.`tsml.study` = '{study}' and tags.`{KIND}` = 'experiment'", max_results=5000)
    return [run for run in runs if run.info.status == "FINISHED"]


def _earlier(store: StudyStore, plan: Plan, run: Any) -> _Earlier:
    stored = [one.record for one in store.read_trials([run.info.run_id]).values()]
    finished = [trial for trial in stored if trial.status == "finished" and trial.part == "trial"]
    scored = [trial for trial in stored if trial.status != "failed" and trial.part == "trial" and not trial.inside]
    tried = frozenset(trial.key for trial in scored)
    return _Earlier(plan, run.data.tags.get("tsml.data", ""), tuple(sorted(finished, key=lambda trial: trial.key)), tried)
