"""Decisions of the pruning rules against rules written out by hand, in whatever order scores come in."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dsframework.errors import SpecError
from dsframework.spec import Pruning, parse_spec
from dsframework.study._budget import Budget
from dsframework.study._course import Course
from dsframework.study._pruning import Pruner, signed_rank_p

Row = list[float | None]


def mean(row: Sequence[float | None]) -> float | None:
    known = [value for value in row if value is not None]
    return float(np.mean(known)) if known else None


def p_by_trying_all_signs(differences: Sequence[float]) -> float:
    left = [one for one in differences if one != 0]
    ranks = stats.rankdata(np.abs(left)) if left else np.array([])
    observed = sum(rank for rank, one in zip(ranks, left, strict=True) if one > 0)
    sums = [float(np.dot(signs, ranks)) for signs in itertools.product((0, 1), repeat=len(left))]
    return sum(total >= observed - 1e-9 for total in sums) / len(sums)


def goes_on(pruning: Pruning, mine: Row, others: list[Row], startup: bool) -> bool:
    """The rules as they are told in the manual; smaller is better."""
    value, known = mean(mine), [(mean(row), row) for row in others if mean(row) is not None]
    if value is None or startup or not known:
        return True
    values = [one for one, _ in known if one is not None]
    if pruning.method == "asha":
        place = 1 + sum(one < value for one in values)
        return place <= math.ceil((len(values) + 1) / (pruning.eta or 3))
    if pruning.method == "median":
        return value <= statistics.median(values)
    least = min(values)
    best = next(row for one, row in known if one == least)
    pairs = [a - b for a, b in zip(mine, best, strict=True) if a is not None and b is not None]
    return value <= least or p_by_trying_all_signs(pairs) >= (pruning.p_value or 0.1)


def one_after_the_other(pruning: Pruning, table: list[Row], fails: dict[int, int]) -> dict[int, int]:
    """After how many folds each pruned trial ends, when one worker does all; `fails` says on which fold a trial fails."""
    rungs = pruning.rungs(len(table[0]))
    reached: dict[int, list[Row]] = {rung: [] for rung in rungs}
    startup = min(10, len(table) // 4) if pruning.startup is None else pruning.startup
    found = {}
    for number, row in enumerate(table):
        for rung in rungs:
            if fails.get(number, len(row)) < rung:
                break
            keeps = goes_on(pruning, row[:rung], reached[rung], number < startup)
            reached[rung].append(row[:rung])
            if not keeps:
                found[number] = rung
                break
    return found


def in_any_order(pruning: Pruning, table: list[Row], fails: dict[int, int], lot: random.Random, *, greater: bool) -> dict[int, int]:
    """The same by the class under test, while trials come to their rungs in a random order."""
    rungs = pruning.rungs(len(table[0]))
    pruner = Pruner(pruning, len(rungs), len(table), greater_is_better=greater)
    under_way, found = [(number, 0) for number in range(len(table))], {}
    while under_way:
        number, rung = under_way.pop(lot.randrange(len(under_way)))
        if rung == len(rungs) or fails.get(number, len(table[0])) < rungs[rung]:
            pruner.end(number)
        else:
            row = table[number][: rungs[rung]]
            pruner.report(number, rung, [None if value is None else -value for value in row] if greater else row)
        for decision in pruner.decide():
            if decision.goes_on:
                under_way.append((decision.number, decision.rung + 1))
            else:
                found[decision.number] = rungs[decision.rung]
    return found


RULES = [
    Pruning(),
    Pruning(startup=0),
    Pruning(startup=0, eta=2, warmup=2),
    Pruning(method="median"),
    Pruning(method="median", startup=0, warmup=3),
    Pruning(method="wilcoxon", startup=0),
    Pruning(method="wilcoxon", startup=2, p_value=0.3),
]


@pytest.mark.parametrize("pruning", RULES, ids=lambda rule: f"{rule.method}-{rule.warmup}-{rule.startup}-{rule.eta}-{rule.p_value}")
@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32), greater=st.booleans())
def test_what_is_pruned_is_what_one_worker_would_prune(pruning: Pruning, data: Any, seed: int, greater: bool) -> None:
    shape = data.draw(st.tuples(st.integers(1, 18), st.integers(2, 7)))
    value = st.one_of(st.integers(-3, 3).map(float), st.integers(-3, 3).map(float), st.none())
    table = data.draw(st.lists(st.lists(value, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]))
    fails = data.draw(st.dictionaries(st.integers(0, shape[0] - 1), st.integers(0, shape[1] - 1), max_size=3))
    expected = one_after_the_other(pruning, table, fails)
    assert in_any_order(pruning, table, fails, random.Random(seed), greater=greater) == expected


@pytest.mark.parametrize("pruning", RULES[1:4:2])
def test_a_table_of_noise_and_signal_is_pruned_without_losing_the_best(pruning: Pruning) -> None:
    lot = np.random.default_rng(3)
    quality = lot.permutation(60)
    table = [(quality[number] + lot.normal(size=9)).tolist() for number in range(60)]
    found = one_after_the_other(pruning, table, {})
    assert 30 <= len(found) < 60, "the table must be pruned, or this shows little"
    assert int(np.argmin(quality)) not in found
    assert in_any_order(pruning, table, {}, random.Random(1), greater=False) == found


@settings(deadline=None)
@given(st.lists(st.integers(-6, 6).map(float), max_size=9))
def test_the_signed_rank_test_counts_all_signs_ties_included(differences: list[float]) -> None:
    assert signed_rank_p(differences) == pytest.approx(p_by_trying_all_signs(differences), abs=1e-12)


@pytest.mark.parametrize("n", [3, 10, 40])
def test_the_signed_rank_test_is_that_of_scipy_without_ties(n: int) -> None:
    differences = np.random.default_rng(n).normal(0.2, 1.0, size=n)
    assert signed_rank_p(differences.tolist()) == pytest.approx(stats.wilcoxon(differences, alternative="greater", method="exact").pvalue)


def test_the_signed_rank_test_of_many_folds_is_near_the_exact_one() -> None:
    differences = np.random.default_rng(5).normal(0.15, 1.0, size=60)
    exact = stats.wilcoxon(differences, alternative="greater", method="exact").pvalue
    assert signed_rank_p(differences.tolist()) == pytest.approx(exact, abs=2e-3)


@pytest.mark.parametrize(
    ("pruning", "n_fits", "rungs"),
    [
        (Pruning(), 5, (1, 3)),
        (Pruning(warmup=2, eta=2), 9, (2, 4, 8)),
        (Pruning(method="median"), 4, (1, 2, 3)),
        (Pruning(method="wilcoxon"), 6, (4, 5)),
        (Pruning(method="wilcoxon", p_value=0.05), 7, (5, 6)),
        (Pruning(method="wilcoxon"), 4, ()),
        (Pruning(), 1, ()),
    ],
)
def test_decisions_fall_where_the_rule_can_tell(pruning: Pruning, n_fits: int, rungs: tuple[int, ...]) -> None:
    assert pruning.rungs(n_fits) == rungs


def test_the_budget_of_fits_waits_until_it_knows_what_the_trials_before_need() -> None:
    tuning = parse_spec(document(tuning="{fits: 12, pruning: {method: asha, startup: 0}}")).tuning
    course = Course(tuning, 5, 9, greater_is_better=False)  # it decides after 1 and 3 fits
    course.begin(0)
    assert course.budget.room() is True  # 5 + 5 of 12
    course.begin(1)
    assert course.budget.room() is None  # 10 + 5, or 1 + 1 + 5
    course.report(0, [1.0])
    course.report(1, [2.0])
    assert [decision.goes_on for decision in course.decide()] == [True, False]
    assert course.budget.room() is True  # 5 + 1 + 5
    course.begin(2)
    assert course.budget.room() is None  # 5 + 1 + 5 + 5, or 3 + 1 + 1 + 5
    course.report(0, [1.0, 1.0, 1.0])
    assert [decision.goes_on for decision in course.decide()] == [True]
    assert course.budget.room() is None  # 5 + 1 + 5 + 5, or 5 + 1 + 1 + 5
    course.report(2, [0.5])
    assert [decision.goes_on for decision in course.decide()] == [True]
    assert course.budget.room() is False  # 5 + 1 + 3 + 5 at least


def test_the_first_trial_begins_whatever_the_budget() -> None:
    tuning = parse_spec(document(tuning="{fits: 1, seconds: 0.5}")).tuning
    now = [0.0]
    budget = Budget(tuning, 5, clock=lambda: now[0])
    assert (budget.room(), budget.late) == (True, False)
    budget.begin(5)
    budget.start_clock()
    now[0] = 0.49
    assert (budget.room(), budget.late) == (False, False)
    budget.start_clock()
    now[0] = 0.5
    assert budget.late


def document(*, tuning: str, cv: str = "{folds: 5}", alpha: str = "[1.0, 2.0]", more: str = "") -> str:
    return (
        "{version: 1, name: pruning, task: regression, data: {loader: sample, n_entities: 1, n_days: 100}, target: {column: volume}, "
        f"features: [lag: {{columns: [volume], periods: [0]}}], split: {{cv: {cv}}}, models: [ridge: {{alpha: {alpha}}}], "
        f"metrics: [mae, rmse], tuning: {tuning}{more}}}"
    )


def test_one_word_is_the_method_with_its_defaults() -> None:
    short, long = (parse_spec(document(tuning=text)).tuning.pruning for text in ("{pruning: median}", "{pruning: {method: median}}"))
    assert short == long == Pruning(method="median")


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"tuning": "{pruning: hyperband}"}, "tuning.pruning.method", "asha"),
        ({"tuning": "{pruning: {method: median, eta: 3}}"}, "tuning.pruning", "eta would do nothing with method: median"),
        ({"tuning": "{pruning: {p_value: 0.1}}"}, "tuning.pruning", "p_value would do nothing with method: asha; write method: wilcoxon"),
        ({"tuning": "{pruning: asha}", "alpha": "1.0"}, "tuning.pruning", "no model has anything to tune"),
        ({"tuning": "{pruning: asha}", "cv": "{method: hold_out}"}, "tuning.pruning", "a trial is 1 fit, and asha needs at least 2"),
        ({"tuning": "{pruning: wilcoxon}", "cv": "{folds: 4}"}, "tuning.pruning", "a trial is 4 fits, and wilcoxon needs at least 5"),
        ({"tuning": "{pruning: median}", "cv": "{folds: 6, refit: 6}"}, "tuning.pruning", "a trial is 1 fit"),
        ({"tuning": "{pruning: median, pareto: [mae, rmse]}"}, "tuning.pruning", "would end trials of the front"),
        ({"tuning": "{fits: 0}"}, "tuning.fits", "1"),
        ({"tuning": "{seconds: 0}"}, "tuning.seconds", "0"),
    ],
)
def test_what_would_do_nothing_is_refused(given: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_spec(document(**given))
    assert any(issue.field.startswith(field) and said in issue.message for issue in error.value.issues), error.value.issues
