"""Features by name: those of this package, and those that other packages bring."""

from __future__ import annotations

from dsframework.errors import FeatureError
from dsframework.features._base import Feature
from dsframework.features._calendar import calendar_columns
from dsframework.features._cross_asset import cross_asset_columns
from dsframework.features._ewm import ewm_columns
from dsframework.features._expanding import expanding_columns
from dsframework.features._fourier import fourier_columns
from dsframework.features._lag import lag_columns
from dsframework.features._profile import volume_profile_columns
from dsframework.features._python import python_columns
from dsframework.features._range import range_columns, realised_volatility_columns
from dsframework.features._rank import rank_columns, zscore_columns
from dsframework.features._returns import returns_columns
from dsframework.features._rolling import rolling_columns
from dsframework.features._seasonal import seasonal_columns
from dsframework.features._sql import sql_columns
from dsframework.features._summary_guard import summary_columns
from dsframework.features._tsfresh import tsfresh_columns
from dsframework.installed import added_by_packages
from dsframework.spec import Arguments, catalogue, not_available

__all__ = ["find_feature", "known_features", "register_feature"]

GROUP = "jupyterlab_tsml.features"
_features: dict[str, Feature] = {
    "calendar": calendar_columns,
    "cross_asset": cross_asset_columns,
    "ewm": ewm_columns,
    "expanding": expanding_columns,
    "fourier": fourier_columns,
    "lag": lag_columns,
    "python": python_columns,
    "range": range_columns,
    "rank": rank_columns,
    "realised_volatility": realised_volatility_columns,
    "returns": returns_columns,
    "rolling": rolling_columns,
    "seasonal": seasonal_columns,
    "sql": sql_columns,
    "summary": summary_columns,
    "tsfresh": tsfresh_columns,
    "volume_profile": volume_profile_columns,
    "zscore": zscore_columns,
}


def register_feature(name: str, feature: Feature, arguments: type[Arguments] | None = None) -> None:
    """Add a feature.

    Parameters
    ----------
    name
        What the spec calls it.
    feature
        See `Feature`.
    arguments
        The model of its arguments, which the form and the parser then know; left out when it is in the catalogue already.
    """
    _features[name] = feature
    if arguments is not None:
        catalogue.register("features", name, arguments)


def known_features() -> list[str]:
    """Return the names of all features, sorted."""
    return sorted({*_features, *added_by_packages(GROUP)})


def find_feature(name: str) -> Feature:
    """Return a feature; raises `FeatureError` when there is none."""
    if name not in _features:
        point = added_by_packages(GROUP).get(name)
        if point is not None:
            _features[name] = point.load()
    if name not in _features:
        raise FeatureError("feature " + not_available(name, known_features()), field="features")
    return _features[name]
