"""Where the time axis is cut: the final test, and the validation folds before it."""

from dsframework.splitting._base import Fold, Span, Splitter
from dsframework.splitting._hold_out import hold_out
from dsframework.splitting._registry import make_folds, splitter_names, splitters
from dsframework.splitting._walk_forward import walk_forward

__all__ = ["Fold", "Span", "Splitter", "hold_out", "make_folds", "splitter_names", "splitters", "walk_forward"]
