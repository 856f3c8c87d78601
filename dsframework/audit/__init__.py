"""Whether a result can be believed: checks that look for the future in the past, run with every experiment."""

from dsframework.audit._features import FeatureBuilder, audit_features
from dsframework.audit._fits import Stretch, audit_shuffle, check_labels
from dsframework.audit._golden import Golden, check_golden, make_golden
from dsframework.audit._perturb import KINDS, perturbed

__all__ = [
    "KINDS",
    "FeatureBuilder",
    "Golden",
    "Stretch",
    "audit_features",
    "audit_shuffle",
    "check_golden",
    "check_labels",
    "make_golden",
    "perturbed",
]
