"""The models by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from dsframework.errors import ModelError
from dsframework.models._base import Model, Task
from dsframework.models._border import no_quantiles
from dsframework.own_code import OwnCode, own_code
from dsframework.registry import Registry

__all__ = ["make_model", "member_of", "members", "model_names", "model_requirements", "models", "own_modules"]

models: Registry[Callable[..., Model]] = Registry(
    "jupyterlab_tsml.models",
    {
        "linear_regression": "dsframework.models._linear:LinearRegressionModel",
        "ridge": "dsframework.models._linear:RidgeModel",
        "lasso": "dsframework.models._linear:LassoModel",
        "elastic_net": "dsframework.models._linear:ElasticNetModel",
        "huber": "dsframework.models._linear:HuberModel",
        "bayesian_ridge": "dsframework.models._linear:BayesianRidgeModel",
        "quantile_regression": "dsframework.models._linear:QuantileRegressionModel",
        "logistic_regression": "dsframework.models._logistic_regression:LogisticRegressionModel",
        "decision_tree": "dsframework.models._forests:DecisionTreeModel",
        "random_forest": "dsframework.models._forests:RandomForestModel",
        "extra_trees": "dsframework.models._forests:ExtraTreesModel",
        "hist_gradient_boosting": "dsframework.models._hist_gradient_boosting:HistGradientBoostingModel",
        "svm": "dsframework.models._svm:SvmModel",
        "nearest_neighbors": "dsframework.models._nearest_neighbors:NearestNeighborsModel",
        "mlp": "dsframework.models._mlp:MlpModel",
        "xgboost": "dsframework.models._xgboost:XgboostModel",
        "lightgbm": "dsframework.models._lightgbm:LightgbmModel",
        "catboost": "dsframework.models._catboost:CatboostModel",
        "keras_mlp": "dsframework.models._keras_mlp:KerasMlp",
        "torch_mlp": "dsframework.models._torch_models:TorchMlp",
        "torch_lstm": "dsframework.models._torch_models:TorchLstm",
        "torch_tcn": "dsframework.models._torch_models:TorchTcn",
        "arima": "dsframework.models._statistical_models:ArimaModel",
        "ets": "dsframework.models._statistical_models:EtsModel",
        "theta": "dsframework.models._theta:ThetaModel",
        "mean": "dsframework.models._ensembles:MeanModel",
        "weighted": "dsframework.models._ensembles:WeightedModel",
        "stacking": "dsframework.models._ensembles:StackingModel",
        "calibrated": "dsframework.models._calibrated:CalibratedModel",
        "isolation_forest": "dsframework.models._anomaly_neighbours:IsolationForestModel",
        "local_outlier_factor": "dsframework.models._anomaly_neighbours:LocalOutlierFactorModel",
        "ecod": "dsframework.models._anomaly_tails:EcodModel",
        "mahalanobis": "dsframework.models._anomaly_tails:MahalanobisModel",
        "autoencoder": "dsframework.models._anomaly_autoencoder:AutoencoderModel",
        "kmeans": "dsframework.models._clustering_models:KmeansModel",
        "agglomerative": "dsframework.models._clustering_models:AgglomerativeModel",
        "dbscan": "dsframework.models._clustering_models:DbscanModel",
        "hdbscan": "dsframework.models._clustering_models:HdbscanModel",
        "gaussian_mixture": "dsframework.models._clustering_models:GaussianMixtureModel",
        "python": "dsframework.models._python:PythonModel",
    },
    error=ModelError,
    field="models",
)

_BOTH: tuple[Task, ...] = ("regression", "classification")
_WORDS = {"regression": "a regression", "classification": "a classification", "anomaly": "anomalies", "clustering": "a clustering"}
_LEFT_OUT = {"takes_null": False, "takes_weight": False, "history": 0, "early_stops": False}
"""What a model of another package need not say."""


def model_names(task: Task | None = None) -> list[str]:
    """Return the names that an item of ``models`` may have, for one task or for any.

    >>> "ridge" in model_names("classification")
    False
    """
    return [name for name in models.names() if task is None or _does(name, task)]


def make_model(
    name: str,
    params: Mapping[str, Any],
    *,
    task: Task,
    seed: int = 0,
    threads: int = 1,
    device: str = "cpu",
    n_classes: int = 2,
    quantiles: tuple[float, ...] = (),
) -> Model:
    """Build a model, not fitted yet.

    Parameters
    ----------
    name
        As in the spec's ``models``.
    params
        One point of the search space: plain values. For ``python``: ``class`` and ``arguments``.
    task
        ``regression``, ``classification``, ``anomaly`` or ``clustering``.
    seed
        Of everything random in the model.
    threads
        How many threads it may use; the result does not depend on it.
    device
        ``cpu`` or ``cuda``, for models that know both.
    n_classes
        How many classes a classification has.
    quantiles
        The quantiles that a regression learns as well.

    Raises
    ------
    ModelError
        When there is no such model, it does not fit the task, or it can't do what is asked: classes, quantiles, a device.
    """
    factory = models.get(name)
    if task not in _tasks(name):
        fitting = ", ".join(other for other in models.names() if other != "python" and _does(other, task))
        raise ModelError(f"{name!r} can't do {_WORDS[task]}", field="models", mend=f"try {fitting}")
    given = {"device": device, "n_classes": n_classes, "quantiles": quantiles}
    taken = inspect.signature(factory).parameters
    if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken.values()):
        given = {key: value for key, value in given.items() if key in taken}
    if n_classes > 2 and "n_classes" not in given:
        raise ModelError(f"{name!r} knows two classes, the target has {n_classes}", field=f"models.{name}", value=n_classes)
    model = _completed(factory(params, task=task, seed=seed, threads=threads, **given))
    if quantiles and not ("quantiles" in given and hasattr(type(model), "predict_quantiles")):
        raise no_quantiles(name)
    return model


def _completed(model: Model) -> Model:
    for name, value in _LEFT_OUT.items():
        if not hasattr(type(model), name) and name not in vars(model):
            setattr(model, name, value)
    return model


def model_requirements(name: str, params: Mapping[str, Any]) -> list[str]:
    """Return the distributions that a fitted model needs to be loaded, beside this package and NumPy.

    For ``python`` these are the ones of the class and its bases; for a class in a file beside the notebook, those that the file imports.

    Raises
    ------
    ModelError
        When there is no such model or class.

    Examples
    --------
    >>> model_requirements("lightgbm", {})
    ['lightgbm', 'scikit-learn']
    """
    factory = models.get(name)
    if name == "python":
        return _own_code(params).distributions
    own = set(getattr(factory, "requirements", ()))
    return sorted(own.union(*(model_requirements(*member) for member in members(name, params))))


def own_modules(name: str, params: Mapping[str, Any]) -> list[str]:
    """Return the modules of a model that no distribution holds, such as a file beside the notebook: they are stored with it.

    Raises
    ------
    ModelError
        When there is no such class.

    Examples
    --------
    >>> own_modules("python", {"class": "sklearn.svm.SVR"})
    []
    """
    if name == "python":
        return _own_code(params).modules
    return sorted({module for member in members(name, params) for module in own_modules(*member)})


def members(name: str, params: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the models inside a model, each with its parameters.

    >>> members("mean", {"models": ["ridge", {"lasso": {"alpha": 2.0}}]})
    [('ridge', {}), ('lasso', {'alpha': 2.0})]
    """
    found: list[tuple[str, Mapping[str, Any]]] = []
    for field in getattr(models.get(name), "inside", ()):
        value = params.get(field)
        items = value if isinstance(value, list) else [] if value is None else [value]
        found += [member_of(item) for item in items]
    return found


def member_of(item: Any) -> tuple[str, Mapping[str, Any]]:
    """Return name and parameters of a model inside another one: a name, or ``{name: parameters}``."""
    if isinstance(item, str):
        return item, {}
    name, params = next(iter(item.items()))
    return str(name), params or {}


def _own_code(params: Mapping[str, Any]) -> OwnCode:
    from dsframework.models._python import resolve_class

    return own_code(resolve_class(str(params["class"])))


def _does(name: str, task: Task) -> bool:
    """Whether a model fits a task; one of a package that can't be imported fits none."""
    try:
        return task in _tasks(name)
    except ModelError:
        return False


def _tasks(name: str) -> tuple[Task, ...]:
    tasks: tuple[Task, ...] = getattr(models.get(name), "tasks", _BOTH)
    return tasks
