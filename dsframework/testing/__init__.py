"""Contract suites: what every model, step, scale and splitter must do, here or in another package. They raise `AssertionError`.

>>> from dsframework.testing import check_model
>>> check_model("ridge", {"alpha": 1.0}, "regression")
"""

from dsframework.testing._model import check_model
from dsframework.testing._scale import check_scale
from dsframework.testing._splitter import check_splitter
from dsframework.testing._step import check_step

__all__ = ["check_model", "check_scale", "check_splitter", "check_step"]
