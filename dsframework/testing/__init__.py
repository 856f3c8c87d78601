"""Contract suites: what every implementation of a stage must do, here or in another package. They raise `AssertionError`.

>>> from dsframework.testing import check_model
>>> check_model("ridge", {"alpha": 1.0}, "regression")
"""

from dsframework.testing._evaluator import check_evaluator
from dsframework.testing._feature import check_feature
from dsframework.testing._loader import check_loader
from dsframework.testing._metric import check_metric
from dsframework.testing._model import check_model
from dsframework.testing._scale import check_scale
from dsframework.testing._splitter import check_splitter
from dsframework.testing._step import check_step

__all__ = [
    "check_evaluator",
    "check_feature",
    "check_loader",
    "check_metric",
    "check_model",
    "check_scale",
    "check_splitter",
    "check_step",
]
