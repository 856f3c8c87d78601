"""The portfolio and the backtest against a loop that keeps cash and positions, written without the code under test."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dsframework.errors import EvaluationError
from dsframework.evaluation import Predictions, evaluators
from dsframework.evaluation._performance import drawdowns, performance, periods_in_a_year
from dsframework.evaluation._portfolio import Costs, Market, Weights, overlapping, simulate, target_weights
from dsframework.metrics import Sample
from dsframework.spec import BacktestArguments
from tests.evaluation.rows_of import panel

ENTITIES = 6


def test_the_tails_are_held_equally_and_ties_share_the_places():
    scores = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, np.nan], [1.0, 1.0, 1.0, 9.0, 9.0, 2.0], [np.nan] * 5 + [1.0]])
    found = target_weights(scores, Weights("quantile", tail=0.4))
    assert found[0].tolist() == pytest.approx([-0.25, -0.25, 0.0, 0.25, 0.25, 0.0])
    third = 0.25 * 2 / 3
    assert found[1].tolist() == pytest.approx([-third, -third, -third, 0.25, 0.25, 0.0])
    assert found[2].tolist() == [0.0] * 6
    assert target_weights(scores, Weights("quantile", tail=0.4, side="long"))[0].tolist() == pytest.approx([0, 0, 0, 0.5, 0.5, 0])
    assert target_weights(np.full((2, 3), np.nan), Weights()).tolist() == [[0.0] * 3] * 2
    assert target_weights(np.zeros((1, 4)), Weights()).tolist() == [[0.0] * 4]


@pytest.mark.parametrize("side", ["both", "long", "short"])
def test_ranks_weigh_by_their_distance_from_the_middle(side):
    scores = np.random.default_rng(0).normal(size=(20, 7)).round(1)
    found = target_weights(scores, Weights("rank", side=side))
    for row, weights in zip(scores, found, strict=True):
        distance = stats.rankdata(row) - 4.0
        distance = {"both": distance, "long": np.maximum(distance, 0), "short": np.minimum(distance, 0)}[side]
        assert weights == pytest.approx(distance / np.abs(distance).sum())


def test_signs_give_each_entity_the_same_capital():
    scores = np.array([[0.7, 0.5, 0.2, np.nan]])
    found = target_weights(scores, Weights("sign", threshold=0.5))
    assert found[0].tolist() == pytest.approx([1 / 3, 0.0, -1 / 3, 0.0])
    assert target_weights(scores, Weights("sign", threshold=0.5, side="long"))[0].tolist() == pytest.approx([1 / 3, 0.0, 0.0, 0.0])


def test_portfolios_that_overlap_are_the_mean_of_the_last_ones():
    random = np.random.default_rng(1)
    weights, formed = random.normal(size=(12, 3)), np.arange(12) % 5 != 4
    found = overlapping(weights, formed, holding=3, delay=2)
    for t in range(12):
        parts = [weights[t - 2 - k] if t - 2 - k >= 0 and formed[t - 2 - k] else np.zeros(3) for k in range(3)]
        assert found[t] == pytest.approx(np.mean(parts, axis=0))


def by_hand(targets, market, costs, capital, band):
    """Positions in units of money, one entity and one period at a time."""
    equity, held, told = 1.0, [0.0] * targets.shape[1], []
    n = len(targets) - 1

    def trade(wanted, t):
        done, linear, impact = [], 0.0, 0.0
        for i, size in enumerate(wanted):
            if not market.tradable[t][i]:
                size = 0.0
            if market.value is not None and (costs.participation is not None or costs.impact):
                volume = market.value[t][i] / capital
                if volume <= 0:
                    size = 0.0
                elif costs.participation is not None:
                    size = max(-costs.participation * volume, min(costs.participation * volume, size))
                if size and costs.impact:
                    impact += costs.impact * abs(size) * market.volatility[t][i] * math.sqrt(abs(size) / volume)
            linear += costs.linear * abs(size)
            done.append(size)
        return done, linear, impact

    for t in range(n):
        wanted = [targets[t][i] * equity - held[i] for i in range(len(held))]
        wanted = [0.0 if abs(w) < band * equity and targets[t][i] != 0 else w for i, w in enumerate(wanted)]
        done, linear, impact = trade(wanted, t)
        held = [h + d for h, d in zip(held, done, strict=True)]
        borrow = costs.borrow * sum(-h for h in held if h < 0)
        gained = [h * r for h, r in zip(held, market.returns[t], strict=True)]
        held = [h + g for h, g in zip(held, gained, strict=True)]
        if t == n - 1:
            _, more, push = trade([-h for h in held], n)
            linear, impact = linear + more, impact + push
        equity += sum(gained) - linear - impact - borrow
        told.append(equity)
    return told


@pytest.mark.parametrize("participation", [None, 0.02])
@pytest.mark.parametrize("band", [0.0, 0.05])
def test_the_way_of_a_portfolio_equals_the_loop(participation, band):
    random = np.random.default_rng(2)
    shape = (15, 4)
    market = Market(
        random.normal(0, 0.02, shape),
        random.random(shape) > 0.1,
        random.uniform(0, 5e6, shape) * (random.random(shape) > 0.1),
        random.uniform(0.01, 0.03, shape),
    )
    costs = Costs(linear=5e-4, impact=0.8, borrow=1e-4, participation=participation)
    targets = target_weights(random.normal(size=shape), Weights("rank"))
    found = simulate(targets, market, costs, capital=1e6, band=band)
    assert found.equity == pytest.approx(by_hand(targets, market, costs, 1e6, band))
    net = np.diff(np.concatenate([[1.0], found.equity])) / np.concatenate([[1.0], found.equity[:-1]])
    assert found.net == pytest.approx(net)
    assert (found.unfilled > 0).any()


def test_a_portfolio_that_loses_everything_is_an_error():
    market = Market(np.array([[-1.5], [0.0]]), np.ones((2, 1), bool))
    with pytest.raises(EvaluationError, match="nothing is left of the capital after 1 periods"):
        simulate(np.ones((2, 1)), market, Costs())


def test_the_figures_equal_their_definitions():
    random = np.random.default_rng(3)
    market = Market(random.normal(0.001, 0.02, (60, 5)), np.ones((60, 5), bool))
    path = simulate(target_weights(random.normal(size=(60, 5)), Weights("rank")), market, Costs(linear=1e-4, borrow=1e-5))
    found = performance(path, periods=250.0, capital=1e6)
    net = path.net
    assert found["annual_return"] == pytest.approx(path.equity[-1] ** (250 / 59) - 1)
    assert found["sharpe"] == pytest.approx(net.mean() / net.std(ddof=1) * math.sqrt(250))
    assert found["annual_volatility"] == pytest.approx(net.std(ddof=1) * math.sqrt(250))
    peak, worst = 1.0, 0.0
    for value in path.equity:
        peak = max(peak, value)
        worst = max(worst, 1 - value / peak)
    assert found["max_drawdown"] == pytest.approx(worst)
    assert found["hit_rate"] == pytest.approx(np.mean(net > 0))
    assert found["cost"] == pytest.approx(found["cost_linear"] + found["cost_borrow"])
    assert found["breakeven_bps"] == pytest.approx(path.gross.mean() / path.turnover.mean() * 1e4)
    assert found["capacity"] is None
    assert drawdowns(np.array([1.0])).tolist() == [0.0]


def test_a_portfolio_that_holds_nothing_has_figures_of_none():
    path = simulate(np.zeros((5, 3)), Market(np.zeros((5, 3)), np.ones((5, 3), bool)), Costs())
    found = performance(path, periods=250.0, capital=1.0)
    assert (found["annual_return"], found["sharpe"], found["turnover"]) == (0.0, 0.0, 0.0)
    assert (found["hit_rate"], found["breakeven_bps"], found["unfilled"], found["years_needed"]) == (None, None, None, None)
    with pytest.raises(EvaluationError, match="at least 2 times"):
        periods_in_a_year(np.array(["2020-01-01"], "datetime64[D]"))


def scene(seed=4, days=40, first=25):
    """Prices of a market and predictions of its later days."""
    random = np.random.default_rng(seed)
    rows = panel(days, ENTITIES)
    prices = np.exp(np.cumsum(random.normal(0, 0.02, (days, ENTITIES)), axis=0)) * 50
    names = np.array(rows.entities)[rows.entity]
    market = pl.DataFrame(
        {"time": rows.time, "entity": names, "close": prices.ravel(), "volume": random.uniform(1e4, 1e5, days * ENTITIES)}
    )
    asked = (rows.step >= first) & (rows.step < days - 1)
    following = np.vstack([prices[1:] / prices[:-1] - 1, np.full((1, ENTITIES), np.nan)]).ravel()
    predicted = random.normal(size=len(rows))[asked]
    sample = Sample.of_rows(following[asked], predicted, rows[asked])
    return Predictions(sample, rows[asked], metrics=("mae",), form="return", market=market), prices


def backtest(predictions, **arguments):
    return evaluators.get("backtest")(BacktestArguments(**arguments), predictions)


def test_a_backtest_without_costs_earns_the_mean_of_the_tails():
    predictions, prices = scene()
    found = backtest(predictions, price="close", tail=0.34, costs={"spread_bps": 0.0}, periods=252.0)
    expected, scores = [], predictions.sample.predicted.reshape(-1, ENTITIES)
    for day, row in enumerate(scores):
        order = np.argsort(row)
        moves = prices[25 + day + 1] / prices[25 + day] - 1
        expected.append(0.25 * moves[order[-2:]].sum() - 0.25 * moves[order[:2]].sum())
    equity = found.tables["equity"]
    assert equity["net"].to_numpy() == pytest.approx(np.array(expected))
    assert found.figures["sharpe"] == pytest.approx(np.mean(expected) / np.std(expected, ddof=1) * math.sqrt(252))
    assert found.tables["exposure"]["weight"].sum() == pytest.approx(0.0)


def test_with_prices_and_with_returns_alone_it_is_the_same():
    predictions, _ = scene()
    one = backtest(predictions, price="close", periods=252.0)
    two = backtest(predictions, periods=252.0)
    assert two.tables["equity"]["net"].to_numpy() == pytest.approx(one.tables["equity"]["net"].to_numpy())


def test_what_is_decided_at_a_time_does_not_trade_before_the_delay():
    predictions, _ = scene()
    late = backtest(predictions, price="close", delay=1, costs={"spread_bps": 0.0})
    assert late.tables["equity"]["net"][0] == 0.0
    later = predictions.market.with_columns(
        pl.when(pl.col("time") > predictions.rows.time[-1]).then(pl.col("close") * 3).otherwise("close")
    )
    other = backtest(replace(predictions, market=later), price="close")
    same = backtest(predictions, price="close")
    assert other.tables["equity"]["net"][:-1].to_list() == same.tables["equity"]["net"][:-1].to_list()


def test_costs_take_what_they_say():
    predictions, _ = scene()
    free = backtest(predictions, price="close", costs={"spread_bps": 0.0}, periods=252.0)
    dear = backtest(predictions, price="close", costs={"spread_bps": 20.0}, periods=252.0)
    turnover = dear.tables["equity"]["turnover"].to_numpy()
    assert dear.tables["equity"]["cost"].to_numpy() == pytest.approx(turnover * 20e-4)
    assert dear.figures["annual_return"] < free.figures["annual_return"]
    pushed = backtest(predictions, price="close", volume="volume", costs={"spread_bps": 0.0, "impact": 1.0}, periods=252.0)
    assert pushed.figures["cost_impact"] > 0
    assert pushed.figures["capacity"] is None or pushed.figures["capacity"] > 0


def test_what_can_not_be_traded_is_told():
    predictions, _ = scene()
    with pytest.raises(EvaluationError, match="the data has no column 'open'; one of close, volume"):
        backtest(predictions, price="open")
    with pytest.raises(EvaluationError, match="without a price the target must be a return over one row"):
        backtest(replace(predictions, form="value"))
    below = predictions.market.with_columns((pl.col("close") - 60).alias("close"))
    with pytest.raises(EvaluationError, match="prices are not above 0"):
        backtest(replace(predictions, market=below), price="close")
    with pytest.raises(EvaluationError, match="not at hand"):
        backtest(replace(predictions, market=None), price="close")
    alone = predictions.sample.take(predictions.rows.entity == 0)
    rows = predictions.rows[predictions.rows.entity == 0]
    with pytest.raises(EvaluationError, match="at no time are there two entities to choose from; write weights: sign"):
        backtest(replace(predictions, sample=alone, rows=rows), price="close")
