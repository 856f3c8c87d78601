"""Models inside another model: how they are made, fitted, watched and asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Model, Task
from dsframework.models._border import no_quantiles, refuse_one_class
from dsframework.models._inner_folds import InnerFold
from dsframework.models._registry import make_model, member_of
from dsframework.rows import Rows, asked_of, with_history

__all__ = ["Fit", "MemberModel", "MemberRounds", "last_part"]

T = TypeVar("T")


class MemberRounds(int):
    """The rounds of every member that is grown in rounds; as a number, the most of them."""

    each: tuple[int | None, ...]

    @classmethod
    def of(cls, each: Sequence[int | None]) -> Self:
        """Put the members' rounds together; None for a member that is not grown in rounds."""
        found = cls(max(number for number in each if number is not None))
        found.each = tuple(each)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).of, (self.each,)


class Fit:
    """Rows to learn from, and what comes with them.

    Parameters
    ----------
    x, y, rounds, weight, rows, names
        As for `Model.fit`.
    """

    def __init__(
        self, x: Floats, y: Floats, rounds: int | None, weight: Floats | None, rows: Rows | None, names: Sequence[str] | None = None
    ) -> None:
        self.x, self.y, self.rounds, self.weight, self.rows, self.names = x, y, rounds, weight, rows, names

    def take(self, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Fit:
        """Return some of the rows; their weights have the mean 1 again."""
        weight = None if self.weight is None else self.weight[chosen] / self.weight[chosen].mean()
        return Fit(self.x[chosen], self.y[chosen], self.rounds, weight, None if self.rows is None else self.rows[chosen], self.names)


class MemberModel:
    """A model that is made of other models, which all learn from the same rows.

    Parameters
    ----------
    params
        Its own, and under the names in `inside` one model, or a list of them: a name, or ``{name: params}``.
    task, seed, threads, device, n_classes, quantiles
        As for `make_model`; every member gets the same.

    Attributes
    ----------
    members
        The models, not fitted.
    members_
        The models, fitted on all training rows.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = ("regression", "classification")
    inside: ClassVar[tuple[str, ...]] = ("models",)
    requirements: ClassVar[tuple[str, ...]] = ("scikit-learn",)
    gives_quantiles: ClassVar[bool] = True
    uses_times: ClassVar[bool] = True

    def __init__(
        self,
        params: Mapping[str, Any],
        *,
        task: Task,
        seed: int,
        threads: int,
        device: str = "cpu",
        n_classes: int = 2,
        quantiles: tuple[float, ...] = (),
    ) -> None:
        self.params = dict(params)
        self.task: Task = task
        self.seed, self.threads, self.device, self.n_classes = seed, threads, device, n_classes
        self.quantiles = tuple(quantiles)
        if self.quantiles and not self.gives_quantiles:
            raise no_quantiles(self.name)
        self.members = [self._make(item) for item in self._items()]

    def _items(self) -> list[Any]:
        return list(self.params["models"])

    def _make(self, item: Any) -> Model:
        name, params = member_of(item)
        return make_model(
            name,
            params,
            task=self.task,
            seed=self.seed,
            threads=self.threads,
            device=self.device,
            n_classes=self.n_classes,
            quantiles=self.quantiles,
        )

    @property
    def takes_null(self) -> bool:
        """Whether every member takes missing values."""
        return all(member.takes_null for member in self.members)

    @property
    def takes_weight(self) -> bool:
        """Whether every member takes weights."""
        return all(member.takes_weight for member in self.members)

    @property
    def early_stops(self) -> bool:
        """Whether a member is grown in rounds."""
        return any(member.early_stops for member in self.members)

    @property
    def history(self) -> int:
        """The longest history of a member."""
        return max(member.history for member in self.members)

    @property
    def needs_rows(self) -> bool:
        """Whether it, or a member, looks at the times of the rows."""
        return self.uses_times or any(_needs_rows(member) for member in self.members)

    @property
    def needs_now(self) -> bool:
        """Whether a member reads the target's last known value."""
        return any(bool(getattr(member, "needs_now", False)) for member in self.members)

    @property
    def needs_names(self) -> bool:
        """Whether arguments of a member name columns."""
        return any(_needs_names(member) for member in self.members)

    def fit(
        self,
        x: Floats,
        y: Floats | None,
        *,
        rounds: int | None = None,
        weight: Floats | None = None,
        rows: Rows | None = None,
        names: Sequence[str] | None = None,
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        assert y is not None
        if rounds is not None and not self.early_stops:
            raise ModelError(
                f"no model of {self.name} is grown in rounds", field=self._field, value=rounds, mend="leave out early_stopping"
            )
        if self.task == "classification":
            refuse_one_class(y, self.name, self.n_classes)
        given = Fit(x, y, rounds, weight, rows, names)
        self._learn(given)
        self.members_ = [self._fitted_member(position, given) for position in range(len(self.members))]
        return self

    def _learn(self, given: Fit) -> None:
        """Learn how the members are put together."""

    def find_rounds(
        self,
        x: Floats,
        y: Floats,
        x_val: Floats,
        y_val: Floats,
        *,
        patience: int,
        weight: Floats | None = None,
        rows: Rows | None = None,
        rows_val: Rows | None = None,
        names: Sequence[str] | None = None,
    ) -> int:
        """Return the best number of rounds of every member that is grown in rounds, each watched alone."""
        if not self.early_stops:
            raise ModelError(f"no model of {self.name} is grown in rounds", field=self._field, mend="leave out early_stopping")
        found: list[int | None] = []
        for item, member in zip(self._items(), self.members, strict=True):
            if not member.early_stops:
                found.append(None)
                continue
            seen, where = _seen(member, x_val, rows_val)
            given: dict[str, Any] = {"rows": rows, "rows_val": where} if _needs_rows(member) else {}
            if weight is not None and member.takes_weight:
                given["weight"] = weight
            if _needs_names(member):
                given["names"] = names
            found.append(self._make(item).find_rounds(x, y, seen, y_val, patience=patience, **given))
        return MemberRounds.of(found)

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return values, or probabilities; see `Model.predict`."""
        return self._combined(self._ask(self._known(), lambda model, seen, given: model.predict(seen, **given), x, rows), x, rows)

    def _combined(self, predicted: Floats, x: Floats, rows: Rows | None) -> Floats:
        """Put the members' predictions together, shape (members, rows, ...)."""
        raise NotImplementedError

    def _shares(self) -> Floats:
        """Return how much each member counts, shape (members,), summing to 1."""
        return np.full(len(self.members), 1.0 / len(self.members))

    def feature_importance(self) -> Floats | None:
        """Return the members' shares by how much each of them counts; of those that know any."""
        found = [(share, member.feature_importance()) for share, member in zip(self._shares(), self._known(), strict=True)]
        known = [(share, importance) for share, importance in found if importance is not None]
        if not known:
            return None
        total: Floats = np.sum([share * importance for share, importance in known], axis=0)
        return total / total.sum() if total.sum() > 0 else np.full(len(total), 1.0 / len(total))

    @property
    def _field(self) -> str:
        return f"models.{self.name}"

    def _known(self) -> list[Model]:
        if not hasattr(self, "members_"):
            raise ModelError(f"{self.name} is not fitted yet", field=self._field, mend="call fit first")
        return self.members_

    def _fitted_member(self, position: int, given: Fit) -> Model:
        model = self._make(self._items()[position])
        more: dict[str, Any] = {"rows": given.rows} if _needs_rows(model) else {}
        if given.rounds is not None and model.early_stops:
            each = given.rounds.each if isinstance(given.rounds, MemberRounds) else (int(given.rounds),) * len(self.members)
            more["rounds"] = each[position]
        if given.weight is not None and model.takes_weight:
            more["weight"] = given.weight
        if _needs_names(model):
            more["names"] = given.names
        return model.fit(given.x, given.y, **more)

    def _unseen(self, given: Fit, fold: InnerFold) -> Floats:
        """Fit the members on a part of the rows, and predict another part, shape (rows, members, ...)."""
        part = given.take(fold.train)
        fitted = [self._fitted_member(position, part) for position in range(len(self.members))]
        assert given.rows is not None
        seen = with_history(given.rows, fold.test, self.history)
        rows = asked_of(given.rows, fold.test, seen)
        predicted = self._ask(fitted, lambda model, x, more: model.predict(x, **more), given.x[seen], rows)
        return np.moveaxis(predicted, 0, 1)

    def _ask(
        self, members: Sequence[Model], what: Callable[[Model, Floats, dict[str, Any]], Floats], x: Floats, rows: Rows | None
    ) -> Floats:
        found = []
        for member in members:
            seen, where = _seen(member, x, rows)
            found.append(what(member, seen, {"rows": where} if _needs_rows(member) else {}))
        return np.stack(found)


def last_part(rows: Rows | None, share: float, y: Floats, model: str, *, classes: bool) -> InnerFold:
    """Part the training time in two: rows of the last share of it, and rows before them whose label is known when it begins.

    Raises
    ------
    ModelError
        When the rows' times are not known, or nothing can be learned before the last part.
    """
    field = f"models.{model}"
    if rows is None or rows.label_time is None:
        raise ModelError("it needs the times of the rows and of their labels", field=field, mend="hand rows= over to fit")
    axis = np.unique(rows.time)
    begin = axis[len(axis) - max(1, min(int(np.ceil(share * len(axis))), len(axis)))]
    fold = InnerFold(train=rows.label_time <= begin, test=rows.time >= begin)
    if not fold.train.any() or (classes and np.unique(y[fold.train]).size < 2):
        what = "no row is" if not fold.train.any() else "all rows are of one class"
        raise ModelError(
            f"{what} before the last {share:.0%} of {len(axis)} training steps", field=f"{field}.validation", mend="use longer folds"
        )
    return fold


def _seen(model: Model, x: Floats, rows: Rows | None) -> tuple[Floats, Rows | None]:
    """Leave the history out for a model that reads none."""
    if model.history or rows is None or rows.asked is None:
        return x, rows
    return np.ascontiguousarray(x[rows.asked]), rows[rows.asked]


def _needs_rows(model: Model) -> bool:
    return model.history > 0 or bool(getattr(model, "needs_rows", False))


def _needs_names(model: Model) -> bool:
    return bool(getattr(model, "needs_names", False))
