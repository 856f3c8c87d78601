"""Any class with the scikit-learn interface, by its import path."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from dsframework.errors import ModelError, one_line
from dsframework.models._base import Floats
from dsframework.models._estimator import EstimatorModel
from dsframework.own_code import import_own
from dsframework.rows import Rows
from dsframework.spec import near_miss

__all__ = ["PythonModel", "resolve_class"]

_CLASS = "models.python.class"
_ARGUMENTS = "models.python.arguments"
_READ_ONLY = "read-only"
"""What every library says that is kept from writing to the rows, which all fits of a study share."""


def resolve_class(path: str) -> type:
    """Import a class by its path; modules of the current folder are found as well.

    Raises
    ------
    ModelError
        When there is no such module or class, when the module raises, when it is not a class, or one of ``__main__``.
    """
    module_name, _, class_name = path.rpartition(".")
    module = import_own(module_name, path, error=ModelError, field=_CLASS)
    found = getattr(module, class_name, None)
    if found is None:
        close = near_miss(class_name, [name for name, value in vars(module).items() if inspect.isclass(value)])
        raise ModelError(
            f"the module {module_name!r} has no class {class_name!r}",
            field=_CLASS,
            mend=f"did you mean {module_name}.{close}?" if close else "look at the spelling",
        )
    if not inspect.isclass(found):
        raise ModelError(f"{path!r} is a {type(found).__name__}, not a class", field=_CLASS, mend="name the class itself")
    if any(base.__module__ == "__main__" for base in found.__mro__):
        raise ModelError(
            f"{path!r} is of the notebook or script itself (__main__), and nothing else could load it again",
            field=_CLASS,
            mend=f"put it into a file beside it, such as my_models.py, and name my_models.{class_name}",
        )
    if not callable(getattr(found, "fit", None)) or not callable(getattr(found, "predict", None)):
        lacks = "fit" if not callable(getattr(found, "fit", None)) else "predict"
        raise ModelError(f"{path!r} has no method {lacks}", field=_CLASS, mend="give the class fit(X, y) and predict(X)")
    return found


class PythonModel(EstimatorModel):
    """A class of a library or of a file beside the notebook.

    Parameters of the constructor named `random_state`, `seed`, `n_jobs` or `thread_count` are filled in unless they were given.
    A classifier needs `predict_proba`.
    """

    name = "python"

    @property
    def takes_null(self) -> bool:
        """What the estimator says of itself in scikit-learn's tags; False when it says nothing."""
        estimator = self._build({})
        if not hasattr(estimator, "__sklearn_tags__"):
            return False
        return bool(estimator.__sklearn_tags__().input_tags.allow_nan)

    @property
    def takes_weight(self) -> bool:  # type: ignore[override]
        """Whether the class's `fit` has a parameter ``sample_weight``, or takes any keyword."""
        taken = inspect.signature(resolve_class(self._path).fit).parameters.values()  # type: ignore[attr-defined]
        return any(parameter.name == "sample_weight" or parameter.kind == inspect.Parameter.VAR_KEYWORD for parameter in taken)

    def fit(
        self, x: Floats, y: Floats | None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        super().fit(x, y, rounds=rounds, weight=weight)
        if "n_jobs" in self._filled(resolve_class(self._path)) and hasattr(self.estimator_, "n_jobs"):
            self.estimator_.n_jobs = 1  # threads may add up predictions in any order, which changes the last bits
        return self

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        try:
            return super()._learned(estimator, x, target, weight)
        except ValueError as error:
            if _READ_ONLY not in str(error):
                raise
        return super()._learned(self._build({}), np.array(x), np.array(target), None if weight is None else np.array(weight))

    def _values(self, estimator: Any, x: Floats) -> Any:
        return _asked(estimator.predict, x)

    @property
    def _path(self) -> str:
        return str(self.params["class"])

    def _build(self, extra: Mapping[str, Any]) -> Any:
        kind = resolve_class(self._path)
        if self.task == "classification" and not hasattr(kind, "predict_proba"):
            raise ModelError(
                f"{self._path!r} has no method predict_proba, so it gives no probabilities",
                field=_CLASS,
                mend="use a classifier that has it, or wrap it in sklearn.calibration.CalibratedClassifierCV",
            )
        try:
            return kind(**{**self._filled(kind), **self.params.get("arguments", {}), **extra})
        except TypeError as error:
            names = ", ".join(sorted(_parameters(kind)))
            raise ModelError(one_line(error, 200), field=_ARGUMENTS, mend=f"it takes {names}" if names else "it takes none") from error
        except Exception as error:  # foreign code may raise anything
            raise ModelError(f"{type(error).__name__}: {one_line(error, 200)}", field=_ARGUMENTS) from error

    def _filled(self, kind: type) -> dict[str, Any]:
        """What the constructor takes and the user did not give."""
        taken, given = _parameters(kind), self.params.get("arguments", {})
        values = {"random_state": self.seed, "seed": self.seed, "n_jobs": self.threads, "thread_count": self.threads}
        return {name: value for name, value in values.items() if name in taken and name not in given}

    def _chances(self, estimator: Any, x: Floats) -> Any:
        """The probabilities in the order of the classes, which a class of one's own may number in another one."""
        found = np.asarray(_asked(estimator.predict_proba, x), dtype=np.float64)
        classes = getattr(estimator, "classes_", None)
        return found if classes is None else found[:, np.argsort([int(label) for label in classes], kind="stable")]


def _asked(predict: Callable[[Floats], Any], x: Floats) -> Any:
    """Ask with the rows themselves, and again with a copy where the class wants to write to them."""
    try:
        return predict(x)
    except ValueError as error:
        if _READ_ONLY not in str(error):
            raise
    return predict(np.array(x))


def _parameters(kind: type) -> set[str]:
    """The names that a constructor takes, those that it hands on to its bases by ``**kwargs`` included."""
    named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    found: set[str] = set()
    for base in kind.__mro__[:-1]:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        found |= {parameter.name for parameter in parameters if parameter.kind in named}
        if all(parameter.kind != inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            break
    return found
