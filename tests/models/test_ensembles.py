"""Models that are made of other models, against loops that do the same by hand."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from dsframework.errors import ModelError
from dsframework.models import make_model, model_requirements, own_modules
from dsframework.models._ensembles import simplex_weights
from dsframework.models._members import MemberRounds
from dsframework.testing import check_model
from dsframework.testing._rows import some_panel

TREE = {"decision_tree": {"max_depth": 3, "min_samples_leaf": 5}}
BOOSTED = {"lightgbm": {"n_estimators": 15, "num_leaves": 5}}
REGRESSION = ["ridge", TREE]
CLASSES = ["logistic_regression", TREE]
CASES = [
    ("mean", {"models": REGRESSION}, "regression", 2),
    ("mean", {"models": [TREE, BOOSTED]}, "regression", 2),
    ("mean", {"models": CLASSES}, "classification", 3),
    ("weighted", {"models": [TREE, BOOSTED]}, "regression", 2),
    ("weighted", {"models": CLASSES, "validation": 0.3}, "classification", 3),
    ("stacking", {"models": REGRESSION, "folds": 3}, "regression", 2),
    ("stacking", {"models": CLASSES, "folds": 2}, "classification", 2),
    ("stacking", {"models": CLASSES, "folds": 2, "meta": TREE}, "classification", 3),
    ("calibrated", {"model": TREE}, "classification", 2),
    ("calibrated", {"model": BOOSTED, "validation": 0.4}, "classification", 3),
    ("calibrated", {"model": "logistic_regression", "method": "isotonic", "validation": 0.4}, "classification", 2),
]


@pytest.fixture
def panel():
    """Training rows, and the rows after them, whose target lies three days ahead, as far as it is known in training."""
    trial = some_panel("regression")
    late = trial.rows.time + np.timedelta64(3, "D")
    rows = type(trial.rows)(**{**vars(trial.rows), "label_time": late})
    return np.array(trial.x), np.array(trial.y), rows


@pytest.mark.parametrize(("name", "params", "task", "n_classes"), CASES)
def test_every_ensemble_keeps_the_contract(name, params, task, n_classes):
    check_model(name, params, task, n_classes=n_classes)


def test_an_ensemble_with_a_network_over_time_keeps_the_contract():
    network = {"torch_lstm": {"hidden_size": 6, "lookback": 4, "epochs": 12, "learning_rate": 0.03}}
    check_model("stacking", {"models": [network, TREE], "folds": 1}, "regression", scaled=True)


def test_the_mean_is_that_of_the_libraries_own_predictions(panel):
    x, y, _ = panel
    found = make_model("mean", {"models": [{"ridge": {"alpha": 3.0}}, "nearest_neighbors"]}, task="regression").fit(x, y).predict(x)
    by_hand = (Ridge(alpha=3.0).fit(x, y).predict(x) + KNeighborsRegressor().fit(x, y).predict(x)) / 2
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)


def test_weights_are_those_with_the_least_squared_error_on_the_last_part_of_the_time(panel):
    x, y, rows = panel
    model = make_model("weighted", {"models": REGRESSION, "validation": 0.25}, task="regression").fit(x, y, rows=rows)
    days = np.unique(rows.time)
    begin = days[len(days) - 20]
    early = np.array([label <= begin for label in rows.label_time])
    late = np.array([time >= begin for time in rows.time])
    assert late.sum() == 60
    assert early.sum() == (60 - 2) * 3, "the rows of the last two days before have a label that is known too late"
    tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=5, random_state=0)
    seen = [kind.fit(x[early], y[early]).predict(x[late]) for kind in (Ridge(), tree)]
    shares = np.linspace(0, 1, 100_001)
    best = shares[np.argmin([np.mean((share * seen[0] + (1 - share) * seen[1] - y[late]) ** 2) for share in shares[::100]]) * 100]
    np.testing.assert_allclose(model.weights_, [best, 1 - best], atol=2e-3)
    both = best * Ridge().fit(x, y).predict(x) + (1 - best) * tree.fit(x, y).predict(x)
    np.testing.assert_allclose(model.predict(x, rows=rows), both, atol=0.05)


def test_weights_are_those_that_a_general_optimiser_finds():
    random = np.random.default_rng(1)
    for _ in range(20):
        n_members = int(random.integers(2, 7))
        predicted, weight = random.normal(size=(60, n_members)), random.uniform(0.1, 2.0, size=60)
        actual = predicted @ random.dirichlet(np.ones(n_members)) + random.normal(size=60)
        found = simplex_weights(predicted, actual, weight)

        def loss(weights, predicted=predicted, actual=actual, weight=weight):
            return np.sum(weight * np.square(predicted @ weights - actual))

        start = np.full(n_members, 1 / n_members)
        limits = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
        theirs = minimize(loss, start, bounds=[(0, 1)] * n_members, constraints=limits, method="SLSQP", options={"ftol": 1e-12})
        assert found.min() >= 0
        assert found.sum() == pytest.approx(1.0, abs=1e-12)
        assert loss(found) <= theirs.fun * (1 + 1e-6)


def test_members_without_errors_share_the_weight():
    actual = np.array([1.0, 2.0, 4.0])
    assert simplex_weights(np.column_stack([actual, actual]), actual, np.ones(3)).tolist() == [0.5, 0.5]


def by_hand_out_of_fold(x, y, rows, n_folds, predict):
    """Positions and predictions of every block of the time but the first."""
    days = np.unique(rows.time)
    length = len(days) // (n_folds + 1)
    cuts = [len(days) - (n_folds - fold) * length for fold in range(n_folds)] + [len(days)]
    where, found = [], []
    for first, last in pairwise(cuts):
        train = [row for row in range(len(y)) if rows.label_time[row] <= days[first]]
        test = [row for row in range(len(y)) if days[first] <= rows.time[row] <= days[last - 1]]
        where += test
        found.append(predict(x[train], y[train], x[test]))
    return np.array(where), np.concatenate(found)


def test_stacking_learns_from_predictions_of_rows_that_no_member_has_seen(panel):
    x, y, rows = panel
    found = make_model("stacking", {"models": ["ridge", "nearest_neighbors"], "folds": 4}, task="regression").fit(x, y, rows=rows)

    def members(x, y, test):
        return np.column_stack([kind.fit(x, y).predict(test) for kind in (Ridge(), KNeighborsRegressor())])

    where, unseen = by_hand_out_of_fold(x, y, rows, 4, members)
    centre, scale = y.mean(), y.std()
    meta = Ridge().fit((unseen - centre) / scale, (y[where] - centre) / scale)
    expected = meta.predict((members(x, y, x) - centre) / scale) * scale + centre
    np.testing.assert_allclose(found.predict(x, rows=rows), expected, rtol=1e-9)


def test_stacking_of_classes_hands_probabilities_to_a_logistic_regression(panel):
    x, _, rows = panel
    y = some_panel("classification").y
    params = {"models": ["logistic_regression", {"logistic_regression": {"C": 0.01}}], "folds": 3}
    found = make_model("stacking", params, task="classification").fit(x, y, rows=rows)

    def members(x, y, test):
        kinds = (LogisticRegression(max_iter=1000), LogisticRegression(C=0.01, max_iter=1000))
        return np.column_stack([kind.fit(x, y).predict_proba(test)[:, 1] for kind in kinds])

    where, unseen = by_hand_out_of_fold(x, y, rows, 3, members)
    meta = LogisticRegression(max_iter=1000).fit(unseen, y[where])
    np.testing.assert_allclose(found.predict(x, rows=rows), meta.predict_proba(members(x, y, x))[:, 1], rtol=1e-6)


@pytest.mark.parametrize("name", ["weighted", "stacking"])
def test_what_puts_members_together_does_not_depend_on_the_unit_of_the_target(name, panel):
    x, y, rows = panel
    models = [{"ridge": {"alpha": 1e-9}}, TREE]
    small, large = (make_model(name, {"models": models}, task="regression").fit(x, y * unit, rows=rows) for unit in (1e-4, 1e6))
    np.testing.assert_allclose(large.predict(x, rows=rows) / 1e6, small.predict(x, rows=rows) * 1e4, rtol=1e-6)


@pytest.mark.parametrize("name", ["weighted", "stacking"])
def test_labels_that_are_not_known_yet_do_not_matter_to_the_weights(name, panel):
    """What the members are judged by: a label inside the gap before the last part is in no inner training row."""
    x, y, rows = panel
    days = np.unique(rows.time)
    params = {"models": REGRESSION, **({"validation": 0.25} if name == "weighted" else {"folds": 1})}
    share = 20 if name == "weighted" else len(days) // 2
    begin = days[len(days) - share]
    gap = (rows.time < begin) & (rows.label_time > begin)
    assert gap.any()
    changed = np.where(gap, y + 1000.0, y)
    plain, other = (make_model(name, params, task="regression") for _ in range(2))
    fits = []
    for model, target in ((plain, y), (other, changed)):
        seen = []
        model._fitted_member = lambda position, given, seen=seen: seen.append(given.y.copy()) or Constant()
        model.fit(x, target, rows=rows)
        fits.append(seen[0])
    np.testing.assert_array_equal(fits[0], fits[1])


class Constant:
    """A member that has learned nothing."""

    history, needs_rows = 0, False

    def predict(self, x):
        return np.linspace(0.0, 1.0, len(x))


def test_every_member_stops_at_its_own_number_of_rounds(panel):
    x, y, _ = panel
    small, large = {"lightgbm": {"n_estimators": 60, "learning_rate": 0.5}}, {"xgboost": {"n_estimators": 60, "learning_rate": 0.05}}
    model = make_model("mean", {"models": [small, "ridge", large]}, task="regression")
    rounds = model.find_rounds(x[:180], y[:180], x[180:], y[180:], patience=3)
    alone = [
        make_model(name, params, task="regression").find_rounds(x[:180], y[:180], x[180:], y[180:], patience=3)
        for name, params in (("lightgbm", small["lightgbm"]), ("xgboost", large["xgboost"]))
    ]
    assert rounds.each == (alone[0], None, alone[1])
    assert rounds == max(alone)
    assert pickle.loads(pickle.dumps(rounds)).each == rounds.each
    fitted = model.fit(x[:180], y[:180], rounds=rounds)
    expected = [
        make_model("lightgbm", small["lightgbm"], task="regression").fit(x[:180], y[:180], rounds=alone[0]).predict(x),
        Ridge().fit(x[:180], y[:180]).predict(x),
        make_model("xgboost", large["xgboost"], task="regression").fit(x[:180], y[:180], rounds=alone[1]).predict(x),
    ]
    np.testing.assert_allclose(fitted.predict(x), np.mean(expected, axis=0), rtol=1e-12)


def test_rounds_of_members_are_the_most_of_them():
    assert MemberRounds.of([None, 4, 9]) == 9


def test_calibrated_probabilities_go_through_a_curve_of_the_last_part_of_the_time(panel):
    x, _, rows = panel
    y = some_panel("classification").y
    model = make_model("calibrated", {"model": "logistic_regression", "method": "isotonic", "validation": 0.5}, task="classification")
    found = model.fit(x, y, rows=rows).predict(x, rows=rows)
    begin = np.unique(rows.time)[40]
    early, late = rows.label_time <= begin, rows.time >= begin
    from sklearn.isotonic import IsotonicRegression

    inner = LogisticRegression(max_iter=1000).fit(x[early], y[early])
    curve = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(inner.decision_function(x[late]), y[late])
    outer = LogisticRegression(max_iter=1000).fit(x, y)
    np.testing.assert_allclose(found, curve.predict(outer.decision_function(x)), atol=1e-9)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_calibration_mends_probabilities_that_are_too_sure(method, n_classes):
    trial = some_panel("classification", n_steps=700, n_classes=n_classes)
    early, late = slice(0, 1500), slice(1500, None)
    tree = {"decision_tree": {"min_samples_leaf": 2}}
    losses = []
    for name, params in (("decision_tree", tree["decision_tree"]), ("calibrated", {"model": tree, "method": method, "validation": 0.4})):
        model = make_model(name, params, task="classification", n_classes=n_classes)
        given = {"rows": trial.rows[early]} if name == "calibrated" else {}
        model.fit(trial.x[early], trial.y[early], **given)
        chance = model.predict(trial.x[late], **({"rows": trial.rows[late]} if given else {}))
        chance = np.column_stack([1 - chance, chance]) if n_classes == 2 else chance
        losses.append(np.mean(np.square(chance - np.eye(n_classes)[trial.y[late].astype(int)])))
    assert losses[1] < 0.95 * losses[0]


@pytest.mark.parametrize(
    ("name", "params", "task", "says"),
    [
        ("mean", {"models": ["ridge", "logistic_regression"]}, "regression", "'logistic_regression' can't do a regression"),
        ("mean", {"models": ["ridge", "rigde"]}, "regression", "'rigde' is not available, try ridge"),
        ("stacking", {"models": ["ridge", "lasso"], "meta": "torch_lstm"}, "regression", "models.stacking.meta: torch_lstm reads earlier"),
        ("calibrated", {"model": "ridge"}, "classification", "'ridge' can't do a classification"),
        ("calibrated", {"model": "logistic_regression"}, "regression", "'calibrated' can't do a regression"),
    ],
)
def test_what_can_not_be_made_is_refused_at_once(name, params, task, says):
    with pytest.raises(ModelError, match=says):
        make_model(name, params, task=task)


def test_too_little_time_is_refused_with_the_mend(panel):
    x, y, rows = panel
    with pytest.raises(ModelError, match=r"models.weighted.validation: no row is before the last 90% of 2 training steps; use longer"):
        make_model("weighted", {"models": REGRESSION, "validation": 0.9}, task="regression").fit(x[:6], y[:6], rows=rows[:6])
    with pytest.raises(ModelError, match=r"models.stacking: 2 training steps are too few for 5 inner folds"):
        make_model("stacking", {"models": REGRESSION}, task="regression").fit(x[:6], y[:6], rows=rows[:6])


def test_stacking_has_no_quantiles_and_says_what_gives_intervals():
    with pytest.raises(ModelError, match=r"stacking learns no quantiles; use intervals.method: conformal"):
        make_model("stacking", {"models": [BOOSTED, TREE]}, task="regression", quantiles=(0.1, 0.9))
    with pytest.raises(ModelError, match="ridge learns no quantiles"):
        make_model("mean", {"models": [BOOSTED, "ridge"]}, task="regression", quantiles=(0.1, 0.9))


def test_missing_values_and_weights_are_taken_where_every_member_takes_them():
    def asked(models):
        model = make_model("mean", {"models": models}, task="regression")
        return model.takes_null, model.takes_weight

    assert asked([BOOSTED, {"xgboost": {}}]) == (True, True)
    assert asked([BOOSTED, "ridge"]) == (False, True)
    assert asked([BOOSTED, "nearest_neighbors"]) == (False, False)


def test_an_ensemble_needs_what_its_members_need(tmp_path, monkeypatch):
    (tmp_path / "my_line.py").write_text(
        "import scipy\nclass Line:\n    def fit(self, X, y): return self\n    def predict(self, X): return X[:, 0]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    params = {"models": ["ridge", {"python": {"class": "my_line.Line"}}, {"xgboost": {}}]}
    assert own_modules("mean", params) == ["my_line"]
    assert model_requirements("mean", params) == ["scikit-learn", "scipy", "xgboost"]
    assert model_requirements("stacking", {"models": ["ridge", "lasso"], "meta": {"lightgbm": {}}}) == ["lightgbm", "scikit-learn"]


NAMED = {"lightgbm": {"n_estimators": 15, "num_leaves": 5, "monotone": {"b": -1}, "categorical": ["c"]}}


@pytest.mark.parametrize("name", ["mean", "weighted", "stacking"])
def test_arguments_of_members_name_columns(name, panel):
    x, y, rows = panel
    x = np.column_stack([x[:, :2], np.arange(len(x)) % 3])
    names = ("a", "b", "c")
    model = make_model(name, {"models": [NAMED, "ridge"]}, task="regression")
    assert model.needs_names
    assert not make_model(name, {"models": [BOOSTED, "ridge"]}, task="regression").needs_names
    model.fit(x, y, rows=rows, names=names)
    alone = make_model("lightgbm", NAMED["lightgbm"], task="regression").fit(x, y, names=names)
    np.testing.assert_array_equal(model.members_[0].predict(x), alone.predict(x))
    rising = np.repeat(x[:1], 30, axis=0)
    rising[:, 1] = np.linspace(x[:, 1].min(), x[:, 1].max(), 30)
    assert (np.diff(model.members_[0].predict(rising)) <= 0).all()


def test_a_calibrated_member_names_columns(panel):
    x, y, rows = panel
    classes = (y > np.median(y)).astype(float)
    params = {"model": {"lightgbm": {"n_estimators": 5, "monotone": {"b": 1}}}}
    model = make_model("calibrated", params, task="classification").fit(x[:, :2], classes, rows=rows, names=("a", "b"))
    assert model.members_[0].columns_.monotone == (0, 1)


def test_rounds_of_a_member_that_names_columns_are_its_own(panel):
    x, y, rows = panel
    names, half = ("a", "b"), len(x) // 2
    first, last = (x[:half, :2], y[:half]), (x[half:, :2], y[half:])
    params = {"n_estimators": 40, "monotone": {"b": -1}}
    model = make_model("mean", {"models": [{"lightgbm": params}, "ridge"]}, task="regression")
    found = model.find_rounds(*first, *last, patience=3, rows=rows[:half], rows_val=rows[half:], names=names)
    alone = make_model("lightgbm", params, task="regression").find_rounds(*first, *last, patience=3, names=names)
    assert found.each == (alone, None)


def test_a_column_that_is_not_there_is_told_of_the_member(panel):
    x, y, rows = panel
    with pytest.raises(ModelError, match="'c' is not available, try a, z"):
        make_model("mean", {"models": [NAMED, "ridge"]}, task="regression").fit(x[:, :2], y, rows=rows, names=("a", "z"))
