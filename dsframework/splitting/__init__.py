"""Where the time axis is cut: the final test, and the validation folds before it."""

from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold, Splitter, everything, fit_groups
from dsframework.splitting._combinatorial import combinatorial_purged, n_paths
from dsframework.splitting._draw import draw, draw_line
from dsframework.splitting._final_test import final_test
from dsframework.splitting._groups import deal_groups, hold_out_entities
from dsframework.splitting._hold_out import hold_out
from dsframework.splitting._nested import inner_folds
from dsframework.splitting._periods import period_borders
from dsframework.splitting._purged_k_fold import purged_k_fold
from dsframework.splitting._registry import make_folds, splitter_names, splitters
from dsframework.splitting._span import Span, joined
from dsframework.splitting._walk_forward import walk_forward

__all__ = [
    "Fold",
    "Span",
    "Splitter",
    "TimeAxis",
    "combinatorial_purged",
    "deal_groups",
    "draw",
    "draw_line",
    "everything",
    "final_test",
    "fit_groups",
    "hold_out",
    "hold_out_entities",
    "inner_folds",
    "joined",
    "make_folds",
    "n_paths",
    "period_borders",
    "purged_k_fold",
    "splitter_names",
    "splitters",
    "walk_forward",
]
