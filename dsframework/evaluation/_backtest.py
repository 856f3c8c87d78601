"""The backtest: from predictions and prices to a portfolio's way, without a look ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._base import Evaluation, Predictions
from dsframework.evaluation._market import FIELD, market_from_prices, market_from_target, matrix
from dsframework.evaluation._performance import drawdowns, performance, periods_in_a_year
from dsframework.evaluation._portfolio import Costs, Path, Weights, overlapping, simulate, target_weights
from dsframework.spec import BacktestArguments

__all__ = ["backtest"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_BPS = 1e-4
_HALF = 0.5


def backtest(arguments: BacktestArguments, predictions: Predictions) -> Evaluation:
    """Hold what is predicted high and sell short what is predicted low, and tell what that would have earned after costs.

    What is decided at time t is from the predictions of t and trades `delay` rows later, at that row's price; it earns from there on for
    `holding` rows. With a holding of h rows the position is the mean of the last h portfolios. With a price, positions are valued at every
    time of the market; without one, the target must be a return over one row.

    The score of an entity is what is predicted: a return, a probability. Of a target that is a value, it is the change from the last known
    one.

    Returns
    -------
    Evaluation
        Figures as in `FIGURES`; the table ``equity`` with a row a period, and ``exposure`` with the mean weight of each entity.

    Raises
    ------
    EvaluationError
        When there is no price and no return to earn, when a price is not above 0, or when no time has two entities to choose from.
    """
    holding = predictions.horizon if arguments.holding == "auto" else arguments.holding
    table = _table(predictions)
    entities, decided = sorted(set(table["entity"].to_list())), table["time"].unique().sort().to_numpy()
    if arguments.price is None:
        _needs_price(arguments, predictions, holding)
        times, market = market_from_target(predictions, table, decided, entities)
    else:
        times, market = market_from_prices(arguments, predictions, decided, entities, holding)
    scores = matrix(table, "score", times, entities)
    if arguments.weights != "sign" and int(np.isfinite(scores).sum(axis=1).max()) < 2:
        raise EvaluationError("at no time are there two entities to choose from", field=FIELD, mend="write weights: sign")
    weights = target_weights(scores, Weights(arguments.weights, arguments.tail, _threshold(arguments, predictions), arguments.side))
    targets = overlapping(weights, np.isin(times, decided), holding, arguments.delay)
    periods = arguments.periods or periods_in_a_year(times)
    given = arguments.costs
    costs = Costs(given.spread_bps * _BPS, given.impact, given.borrow / periods, arguments.participation)
    path = simulate(targets, market, costs, capital=arguments.capital, band=arguments.band)
    tables = {"equity": _equity(path, times), "exposure": _exposure(targets[:-1], entities)}
    return Evaluation(performance(path, periods=periods, capital=arguments.capital), tables, tuple(_notes(arguments, predictions, path)))


def _table(predictions: Predictions) -> pl.DataFrame:
    """One row a prediction: time, entity (its name), score and actual value."""
    sample, rows = predictions.sample, predictions.rows
    if sample.probabilities is not None:
        raise EvaluationError("a portfolio needs one number a row, there are probabilities of several classes", field=FIELD)
    score = sample.predicted
    if predictions.form == "value" and rows.now is not None and predictions.task == "regression":
        score = np.divide(score - rows.now, np.abs(rows.now), out=np.full(len(score), np.nan), where=rows.now != 0)
    names = np.asarray(rows.entities, dtype=object)[rows.entity].tolist()
    return pl.DataFrame({"time": rows.time, "entity": pl.Series(names, dtype=pl.String), "score": score, "actual": sample.truth})


def _needs_price(arguments: BacktestArguments, predictions: Predictions, holding: int) -> None:
    one_row = predictions.form in ("return", "log_return") and predictions.horizon == 1
    if not one_row or holding != 1 or arguments.delay:
        raise EvaluationError(
            "without a price the target must be a return over one row, held for one row",
            field=f"{FIELD}.price",
            mend="name the column with the price: backtest: {price: close}",
        )


def _threshold(arguments: BacktestArguments, predictions: Predictions) -> float:
    if arguments.threshold is not None:
        return arguments.threshold
    return _HALF if predictions.task == "classification" else 0.0


def _equity(path: Path, times: np.ndarray[Any, Any]) -> pl.DataFrame:
    """One row a period, at the time of its end."""
    columns = {
        "net": path.net,
        "gross": path.gross,
        "cost": path.linear + path.impact + path.borrow,
        "equity": path.equity,
        "drawdown": drawdowns(path.equity),
        "turnover": path.turnover,
        "long": path.long,
        "short": path.short,
    }
    return pl.DataFrame({"time": times[1:], **columns})


def _exposure(targets: Floats, entities: list[str]) -> pl.DataFrame:
    """The mean weight of each entity, and how often it is held."""
    table = pl.DataFrame({"entity": entities, "weight": targets.mean(axis=0), "held": (targets != 0).mean(axis=0)})
    return table.sort("weight", "entity", descending=[True, False])


def _notes(arguments: BacktestArguments, predictions: Predictions, path: Path) -> list[str]:
    notes = []
    if predictions.form == "value" and predictions.rows.now is not None and predictions.task == "regression":
        notes.append("entities are chosen by the predicted change from the last known value")
    if arguments.delay == 0:
        notes.append("trades are made at the price of the row that the prediction is from; delay: 1 waits for the next one")
    if arguments.costs.borrow == 0 and path.short.any():
        notes.append("borrowing costs nothing; set costs.borrow")
    if path.unfilled.sum() > 0:
        notes.append("some trades could not be made; see unfilled")
    if len(path.net) < 60:
        notes.append(f"{len(path.net)} periods are few for a Sharpe ratio")
    return notes
