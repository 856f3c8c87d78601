"""The arguments of the models. A list or a range in place of a value is a choice to search."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments, Searchable, values_of
from dsframework.spec._catalogue import catalogue
from dsframework.spec._choices import check_cases, settle_choices, with_text_keys

__all__ = [
    "IMPORT_PATH",
    "BayesianRidgeArguments",
    "CatboostArguments",
    "ClassifierArguments",
    "DecisionTreeArguments",
    "ElasticNetArguments",
    "ExtraTreesArguments",
    "HistGradientBoostingArguments",
    "HuberArguments",
    "LassoArguments",
    "LightgbmArguments",
    "LinearRegressionArguments",
    "LogisticRegressionArguments",
    "ModelArguments",
    "NearestNeighborsArguments",
    "PythonArguments",
    "QuantileRegressionArguments",
    "RandomForestArguments",
    "RegressorArguments",
    "RidgeArguments",
    "SupervisedArguments",
    "SvmArguments",
    "XgboostArguments",
]

IMPORT_PATH = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$"
Count = Annotated[Any, Searchable(int, ge=1)]
Depth = Annotated[Any, Searchable(int, ge=1, nullable=True)]
WholeOrNone = Annotated[Any, Searchable(int)]
Positive = Annotated[Any, Searchable(float, gt=0)]
NotNegative = Annotated[Any, Searchable(float, ge=0)]
Share = Annotated[Any, Searchable(float, gt=0, le=1)]
Switch = Annotated[Any, Searchable(bool)]
Intercept = Field(default=True, title="Intercept")
Alpha = Field(default=1.0, title="Alpha", description="Strength of the penalty.")
Iterations = Annotated[Any, Searchable(int, ge=1)]


class ModelArguments(Arguments):
    """The base of every model's arguments; only what is given is passed on, so the library's defaults hold.

    `tasks` are those that the model can do; None where nobody knows before it is made.
    """

    tasks: ClassVar[tuple[str, ...] | None] = None

    @model_validator(mode="after")
    def _check_arguments(self) -> Self:
        if self.model_extra:
            self.model_extra.update(settle_choices(self.model_extra))
        if not check_cases(self):
            self.check_together()
        return self

    def check_together(self) -> None:
        """Raise a `PydanticCustomError` where arguments do not go together.

        Of a choice whose values bring arguments of their own, every value is checked in its turn, with what it brings.
        """


class SupervisedArguments(ModelArguments):
    """The base of the models of values and of classes."""

    tasks = ("regression", "classification")


class RegressorArguments(ModelArguments):
    """The base of the models of values."""

    tasks = ("regression",)


class ClassifierArguments(ModelArguments):
    """The base of the models of classes."""

    tasks = ("classification",)


class LinearRegressionArguments(RegressorArguments):
    """Least squares (scikit-learn)."""

    fit_intercept: Switch = Intercept
    positive: Switch = Field(default=False, title="No negative coefficient")


class RidgeArguments(RegressorArguments):
    """Linear regression with a quadratic penalty (scikit-learn)."""

    alpha: Positive = Alpha
    fit_intercept: Switch = Intercept


class LassoArguments(RegressorArguments):
    """Linear regression with an absolute penalty, which makes coefficients vanish (scikit-learn)."""

    alpha: Positive = Alpha
    fit_intercept: Switch = Intercept
    positive: Switch = Field(default=False, title="No negative coefficient")
    max_iter: Iterations = Field(default=10_000, title="Iterations")


class ElasticNetArguments(RegressorArguments):
    """Linear regression with a quadratic and an absolute penalty (scikit-learn)."""

    alpha: Positive = Alpha
    l1_ratio: Annotated[Any, Searchable(float, ge=0, le=1)] = Field(default=0.5, title="L1 share", description="0 is ridge, 1 is lasso.")
    fit_intercept: Switch = Intercept
    positive: Switch = Field(default=False, title="No negative coefficient")
    max_iter: Iterations = Field(default=10_000, title="Iterations")


class HuberArguments(RegressorArguments):
    """Linear regression that outliers pull less (scikit-learn)."""

    epsilon: Annotated[Any, Searchable(float, ge=1)] = Field(
        default=1.35, title="Epsilon", description="Errors above so many deviations count linearly."
    )
    alpha: NotNegative = Field(default=0.0001, title="Alpha", description="Strength of the quadratic penalty.")
    fit_intercept: Switch = Intercept
    max_iter: Iterations = Field(default=1000, title="Iterations")


class BayesianRidgeArguments(RegressorArguments):
    """Ridge whose penalty is learned; gives quantiles of a normal distribution (scikit-learn)."""

    alpha_1: NotNegative = Field(default=1e-6, title="Alpha 1", description="Shape of the prior of the noise.")
    alpha_2: NotNegative = Field(default=1e-6, title="Alpha 2", description="Rate of the prior of the noise.")
    lambda_1: NotNegative = Field(default=1e-6, title="Lambda 1", description="Shape of the prior of the coefficients.")
    lambda_2: NotNegative = Field(default=1e-6, title="Lambda 2", description="Rate of the prior of the coefficients.")
    fit_intercept: Switch = Intercept


class QuantileRegressionArguments(RegressorArguments):
    """A linear quantile, the median by default; slow above some ten thousand rows (scikit-learn)."""

    quantile: Annotated[Any, Searchable(float, gt=0, lt=1)] = Field(default=0.5, title="Quantile", description="What is predicted.")
    alpha: NotNegative = Field(default=0.0, title="Alpha", description="Strength of the absolute penalty.")
    fit_intercept: Switch = Intercept


class LogisticRegressionArguments(ClassifierArguments):
    """Logistic regression (scikit-learn)."""

    C: Positive = Field(default=1.0, title="C", description="Inverse strength of the penalty.")
    l1_ratio: Annotated[Any, Searchable(float, ge=0, le=1)] = Field(default=0.0, title="L1 share", description="0 is ridge, 1 is lasso.")
    max_iter: Count = Field(default=1000, title="Iterations")


class DecisionTreeArguments(SupervisedArguments):
    """One tree; gives quantiles of the rows in a leaf (scikit-learn)."""

    max_depth: Depth = Field(default=None, title="Depth")
    min_samples_leaf: Count = Field(default=1, title="Rows in a leaf")
    max_features: Annotated[Any, Searchable(float, gt=0, le=1, nullable=True)] = Field(
        default=None, title="Share of features", description="Share of the features tried at each cut."
    )
    ccp_alpha: NotNegative = Field(default=0.0, title="Pruning", description="Gain below which a cut is taken back.")


class RandomForestArguments(SupervisedArguments):
    """A forest of randomised trees; gives quantiles of the rows in its leaves (scikit-learn)."""

    n_estimators: Count = Field(default=100, title="Trees")
    max_depth: Depth = Field(default=None, title="Depth")
    min_samples_leaf: Count = Field(default=1, title="Rows in a leaf")
    max_features: Share = Field(default=1.0, title="Share of features", description="Share of the features tried at each cut.")
    max_samples: Annotated[Any, Searchable(float, gt=0, le=1, nullable=True)] = Field(
        default=None, title="Share of rows", description="Size of each tree's sample; all rows, with repetition, by default."
    )


class ExtraTreesArguments(SupervisedArguments):
    """A forest of trees with random cuts; gives quantiles of the rows in its leaves (scikit-learn)."""

    n_estimators: Count = Field(default=100, title="Trees")
    max_depth: Depth = Field(default=None, title="Depth")
    min_samples_leaf: Count = Field(default=1, title="Rows in a leaf")
    max_features: Share = Field(default=1.0, title="Share of features", description="Share of the features tried at each cut.")


class SvmArguments(SupervisedArguments):
    """A support vector machine; wants scaled features. The Gaussian kernel is slow above some ten thousand rows (scikit-learn)."""

    kernel: Annotated[Any, Searchable(str, choices=("rbf", "linear"))] = Field(default="rbf", title="Kernel")
    C: Positive = Field(default=1.0, title="C", description="Inverse strength of the penalty.")
    epsilon: NotNegative = Field(
        default=0.1, title="Epsilon", description="Errors below it cost nothing, in deviations of the target; for a regression."
    )
    gamma: Annotated[Any, Searchable(float, gt=0, nullable=True)] = Field(
        default=None, title="Gamma", description="Narrowness of the Gaussian kernel; from the features' spread by default."
    )

    def check_together(self) -> None:
        """Refuse what would do nothing."""
        if self.gamma is not None and values_of(self.kernel) == ["linear"]:
            raise PydanticCustomError("idle", "{text}", {"text": "gamma would do nothing; write kernel: rbf, or remove it"})


class NearestNeighborsArguments(SupervisedArguments):
    """The mean of the most similar rows of the past; wants scaled features, gives quantiles (scikit-learn)."""

    n_neighbors: Count = Field(default=5, title="Neighbours")
    weights: Annotated[Any, Searchable(str, choices=("uniform", "distance"))] = Field(
        default="uniform", title="Weights", description="Whether a nearer neighbour counts more."
    )
    p: Annotated[Any, Searchable(float, ge=1)] = Field(
        default=2.0, title="Power", description="1 is the city block distance, 2 is Euclid's."
    )


Monotones = dict[str, Literal[-1, 1]]
Monotone: Any = Field(
    default={},
    title="Monotone",
    description="Column: 1, or -1: the prediction may only rise, or only fall, with it. Names are those behind the preprocessing.",
)
Categorical: Any = Field(
    default=[], title="Categories", description="Columns whose values are categories without an order, such as calendar fields."
)


class BoostingArguments(SupervisedArguments):
    """What the models of boosted trees have in common."""

    def check_together(self) -> None:
        """Refuse what would do nothing."""
        losses = values_of(getattr(self, "loss", "mse"))
        for name, loss in (("quantile", "quantile"), ("huber_delta", "huber"), ("tweedie_power", "tweedie")):
            set_to = getattr(self, name, None)
            idle = set_to is not None and set_to != type(self).model_fields[name].default  # the form writes every default
            if idle and loss not in losses:
                text = f"{name} would do nothing; write loss: {loss}, or remove it"
                raise PydanticCustomError("idle", "{text}", {"text": text})


Loss = Field(default="mse", title="Loss", description="What is to be small, of a regression.")
Quantile = Field(default=0.5, title="Quantile", description="With loss: quantile.")
HuberDelta = Field(default=1.0, title="Huber's delta", description="Errors above it count linearly; with loss: huber.")
TweediePower = Field(default=1.5, title="Tweedie's power", description="1 is Poisson, 2 is gamma; with loss: tweedie.")
Quantiles = Annotated[Any, Searchable(float, gt=0, lt=1)]
Powers = Annotated[Any, Searchable(float, gt=1, lt=2)]
_LOSSES = ("mse", "mae", "huber", "quantile", "poisson", "gamma", "tweedie")


class XgboostArguments(BoostingArguments):
    """Gradient boosted trees (XGBoost)."""

    n_estimators: Count = Field(default=100, title="Trees", description="With early stopping, the most trees.")
    max_depth: Annotated[Any, Searchable(int, ge=1)] = Field(default=6, title="Depth")
    learning_rate: Positive = Field(default=0.3, title="Learning rate")
    min_child_weight: NotNegative = Field(default=1.0, title="Weight in a leaf")
    subsample: Share = Field(default=1.0, title="Share of rows")
    colsample_bytree: Share = Field(default=1.0, title="Share of features")
    gamma: NotNegative = Field(default=0.0, title="Gain to split")
    reg_alpha: NotNegative = Field(default=0.0, title="L1 penalty")
    reg_lambda: NotNegative = Field(default=1.0, title="L2 penalty")
    loss: Annotated[Any, Searchable(str, choices=_LOSSES)] = Loss
    quantile: Quantiles = Quantile
    huber_delta: Positive = HuberDelta
    tweedie_power: Powers = TweediePower
    monotone: Monotones = Monotone
    categorical: list[str] = Categorical


class LightgbmArguments(BoostingArguments):
    """Gradient boosted trees (LightGBM)."""

    n_estimators: Count = Field(default=100, title="Trees", description="With early stopping, the most trees.")
    num_leaves: Annotated[Any, Searchable(int, ge=2)] = Field(default=31, title="Leaves")
    max_depth: WholeOrNone = Field(default=-1, title="Depth", description="-1 is no limit.")
    learning_rate: Positive = Field(default=0.1, title="Learning rate")
    min_child_samples: Count = Field(default=20, title="Rows in a leaf")
    subsample: Share = Field(default=1.0, title="Share of rows")
    subsample_freq: Annotated[Any, Searchable(int, ge=0)] = Field(
        default=0, title="Sample rows every", description="Trees between two samples; 0 never samples."
    )
    colsample_bytree: Share = Field(default=1.0, title="Share of features")
    reg_alpha: NotNegative = Field(default=0.0, title="L1 penalty")
    reg_lambda: NotNegative = Field(default=0.0, title="L2 penalty")
    loss: Annotated[Any, Searchable(str, choices=_LOSSES)] = Loss
    quantile: Quantiles = Quantile
    huber_delta: Positive = HuberDelta
    tweedie_power: Powers = TweediePower
    monotone: Monotones = Monotone
    categorical: list[str] = Categorical


class CatboostArguments(BoostingArguments):
    """Gradient boosted symmetric trees (CatBoost)."""

    iterations: Count = Field(default=1000, title="Trees", description="With early stopping, the most trees.")
    depth: Annotated[Any, Searchable(int, ge=1, le=16)] = Field(default=6, title="Depth")
    learning_rate: Positive = Field(default=0.1, title="Learning rate")
    l2_leaf_reg: NotNegative = Field(default=3.0, title="L2 penalty")
    rsm: Share = Field(default=1.0, title="Share of features")
    loss: Annotated[Any, Searchable(str, choices=tuple(name for name in _LOSSES if name != "gamma"))] = Loss
    quantile: Quantiles = Quantile
    huber_delta: Positive = HuberDelta
    tweedie_power: Powers = TweediePower
    monotone: Monotones = Monotone
    categorical: list[str] = Categorical


class HistGradientBoostingArguments(BoostingArguments):
    """Gradient boosted trees by histograms (scikit-learn)."""

    max_iter: Count = Field(default=100, title="Trees", description="With early stopping, the most trees.")
    learning_rate: Positive = Field(default=0.1, title="Learning rate")
    max_leaf_nodes: Annotated[Any, Searchable(int, ge=2, nullable=True)] = Field(default=31, title="Leaves")
    max_depth: Depth = Field(default=None, title="Depth")
    min_samples_leaf: Count = Field(default=20, title="Rows in a leaf")
    l2_regularization: NotNegative = Field(default=0.0, title="L2 penalty")
    max_features: Share = Field(default=1.0, title="Share of features", description="Share of the features tried at each cut.")
    loss: Annotated[Any, Searchable(str, choices=("mse", "mae", "quantile", "poisson", "gamma"))] = Loss
    quantile: Quantiles = Quantile
    monotone: Monotones = Monotone
    categorical: list[str] = Categorical


def _loadable(path: str) -> str:
    """Refuse a class of the notebook or script itself; the recorded model could not be loaded anywhere else."""
    if path.startswith("__main__."):
        own = f"my_models.{path.rpartition('.')[2]}"
        text = f"a class of the notebook or script itself can't be loaded elsewhere; put it into my_models.py beside it, and name {own}"
        raise PydanticCustomError("class", "{text}", {"text": text})
    return path


def _plain_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: with_text_keys(value) for name, value in arguments.items()}


class PythonArguments(SupervisedArguments):
    """Any class with the scikit-learn interface, by its import path."""

    class_: Annotated[str, AfterValidator(_loadable)] = Field(
        alias="class",
        pattern=IMPORT_PATH,
        title="Class",
        description="Import path, such as sklearn.ensemble.HistGradientBoostingRegressor.",
    )
    arguments: Annotated[dict[str, Any], AfterValidator(settle_choices), PlainSerializer(_plain_arguments)] = Field(
        default={}, title="Arguments", description="Passed to the class; a list or a range is a choice to search."
    )


catalogue.base("models", ModelArguments)
catalogue.register("models", "linear_regression", LinearRegressionArguments, aliases=("LinearRegression",))
catalogue.register("models", "ridge", RidgeArguments, aliases=("Ridge",))
catalogue.register("models", "lasso", LassoArguments, aliases=("Lasso",))
catalogue.register("models", "elastic_net", ElasticNetArguments, aliases=("ElasticNet",))
catalogue.register("models", "huber", HuberArguments, aliases=("HuberRegressor",))
catalogue.register("models", "bayesian_ridge", BayesianRidgeArguments, aliases=("BayesianRidge",))
catalogue.register("models", "quantile_regression", QuantileRegressionArguments, aliases=("QuantileRegressor",))
catalogue.register("models", "logistic_regression", LogisticRegressionArguments, aliases=("LogisticRegression",))
catalogue.register("models", "decision_tree", DecisionTreeArguments, aliases=("DecisionTreeRegressor", "DecisionTreeClassifier"))
catalogue.register("models", "random_forest", RandomForestArguments, aliases=("RandomForestRegressor", "RandomForestClassifier"))
catalogue.register("models", "extra_trees", ExtraTreesArguments, aliases=("ExtraTreesRegressor", "ExtraTreesClassifier"))
catalogue.register("models", "svm", SvmArguments, aliases=("SVR", "SVC"))
catalogue.register("models", "nearest_neighbors", NearestNeighborsArguments, aliases=("KNeighborsRegressor", "KNeighborsClassifier", "knn"))
catalogue.register("models", "xgboost", XgboostArguments, aliases=("xgb", "XGBRegressor", "XGBClassifier"))
catalogue.register("models", "lightgbm", LightgbmArguments, aliases=("lgbm", "LGBMRegressor", "LGBMClassifier"))
catalogue.register("models", "catboost", CatboostArguments, aliases=("CatBoostRegressor", "CatBoostClassifier"))
catalogue.register(
    "models",
    "hist_gradient_boosting",
    HistGradientBoostingArguments,
    aliases=("HistGradientBoostingRegressor", "HistGradientBoostingClassifier"),
)
catalogue.register("models", "python", PythonArguments)
