"""What predicts: models of scikit-learn, XGBoost, LightGBM and CatBoost, and any class with their interface, behind one protocol."""

from dsframework.models._base import Model
from dsframework.models._device import gpu_count
from dsframework.models._registry import make_model, model_names, model_requirements, models, own_modules

__all__ = ["Model", "gpu_count", "make_model", "model_names", "model_requirements", "models", "own_modules"]
