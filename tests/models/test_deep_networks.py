"""Networks: the contract, what they learn, and that they leave the process as it was."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from dsframework.errors import MissingDependencyError, ModelError
from dsframework.models import make_model, model_requirements
from dsframework.spec import catalogue
from dsframework.testing import check_model

SMALL = {
    "torch_mlp": {"hidden": [16], "epochs": 15, "learning_rate": 0.01, "batch_size": 32},
    "keras_mlp": {"hidden": [16], "epochs": 15, "learning_rate": 0.01, "batch_size": 32, "dropout": 0.1},
    "torch_lstm": {"hidden_size": 8, "lookback": 4, "epochs": 15, "learning_rate": 0.02, "batch_size": 32, "dropout": 0.1},
    "torch_tcn": {"channels": 8, "lookback": 5, "epochs": 12, "learning_rate": 0.01, "batch_size": 32, "dropout": 0.1},
}
TASKS = [("regression", 2), ("classification", 2), ("classification", 3)]


def some(n=400, seed=0, noise=0.5):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 4))
    return x, 2 * x[:, 0] - x[:, 1] + noise * random.normal(size=n)


@pytest.mark.parametrize(("task", "n_classes"), TASKS)
@pytest.mark.parametrize("name", SMALL)
def test_every_network_keeps_the_contract(name, task, n_classes):
    check_model(name, SMALL[name], task, n_classes=n_classes, scaled=True)


@pytest.mark.parametrize("name", SMALL)
def test_the_defaults_of_the_document_are_what_is_used(name):
    arguments = catalogue.arguments("models", name)
    x, y = some(60)
    written = arguments(epochs=2).model_dump()
    written |= {"hidden": written["hidden"][0]} if "hidden" in written else {}  # the one choice
    given = {} if name.endswith("mlp") else {"rows": rows_of([0] * 60, range(60))}
    short = make_model(name, {"epochs": 2}, task="regression").fit(x, y, **given)
    long = make_model(name, written, task="regression").fit(x, y, **given)
    np.testing.assert_array_equal(short.predict(x, **given), long.predict(x, **given))


def rows_of(entity, step):
    from dsframework.rows import Rows

    entity, step = np.asarray(entity, dtype=np.int32), np.asarray(step, dtype=np.int64)
    time = np.datetime64("2024-01-01", "ns") + step.astype("timedelta64[D]")
    names = tuple("ABCDEFGH"[: entity.max() + 1])
    return Rows(entity, names, time, step.astype(np.int32), np.zeros(len(step), np.int32), step, label_time=time + np.timedelta64(1, "D"))


def test_volumes_of_millions_are_learned_and_come_back_in_their_unit():
    x, y = some()
    volume = 5e7 + 1e7 * y
    plain = make_model("torch_mlp", SMALL["torch_mlp"], task="regression").fit(x, y).predict(x)
    large = make_model("torch_mlp", SMALL["torch_mlp"], task="regression").fit(x, volume).predict(x)
    np.testing.assert_allclose(large, 5e7 + 1e7 * plain, rtol=1e-4)
    assert np.mean((large - volume) ** 2) < 0.3 * np.var(volume)


def test_a_constant_target_is_predicted_nearly_as_it_is():
    x, _ = some(200)
    model = make_model("torch_mlp", {**SMALL["torch_mlp"], "epochs": 60}, task="regression").fit(x, np.full(200, 3e6))
    np.testing.assert_allclose(model.predict(x), 3e6, rtol=1e-6)


@pytest.mark.parametrize("name", ["torch_mlp", "keras_mlp"])
def test_the_epochs_found_are_the_best_on_the_watched_rows(name):
    """Oracle: train every number of epochs and score the watched rows."""
    x, y = some(120, seed=1, noise=2.5)
    x_val, y_val = some(200, seed=2, noise=2.5)
    params = {"hidden": [32], "learning_rate": 0.03, "batch_size": 16, "epochs": 20}
    found = make_model(name, params, task="regression", seed=3).find_rounds(x, y, x_val, y_val, patience=20)
    losses = [
        np.mean((make_model(name, params, task="regression", seed=3).fit(x, y, rounds=rounds).predict(x_val) - y_val) ** 2)
        for rounds in range(1, 21)
    ]
    assert losses[found - 1] == pytest.approx(min(losses), rel=1e-5)
    assert found < 20, "the rows were meant to be overfitted before the last epoch"


def test_watching_stops_after_the_patience(monkeypatch):
    from dsframework.models import _torch_training

    x, y = some(120, seed=1, noise=2.5)
    seen = []
    score = _torch_training._score
    monkeypatch.setattr(_torch_training, "_score", lambda *parts: (seen.append(1), score(*parts))[1])
    params = {"hidden": [32], "learning_rate": 0.05, "batch_size": 8, "epochs": 200}
    found = make_model("torch_mlp", params, task="regression").find_rounds(x, y, *some(200, seed=2, noise=2.5), patience=4)
    assert len(seen) == found + 4


@pytest.mark.parametrize("quantile", [0.1, 0.8])
def test_the_quantile_loss_predicts_that_quantile(quantile):
    x, y = some(600, noise=2.0)
    params = {"hidden": [16], "loss": "quantile", "quantile": quantile, "epochs": 40, "learning_rate": 0.01}
    below = np.mean(y <= make_model("torch_mlp", params, task="regression").fit(x, y).predict(x))
    assert abs(below - quantile) < 0.06


@pytest.mark.parametrize("loss", ["mae", "huber"])
def test_a_loss_that_forgives_outliers_is_moved_less_by_them(loss):
    x, y = some(400, noise=0.1)
    spoilt = np.where(np.arange(400) % 20 == 0, 100.0, y)
    params = {"hidden": [16], "epochs": 30, "learning_rate": 0.01}
    squared, tame = (
        np.abs(make_model("torch_mlp", {**params, "loss": name}, task="regression").fit(x, spoilt).predict(x) - y).mean()
        for name in ("mse", loss)
    )
    assert tame < 0.7 * squared


def test_quantiles_never_cross_even_where_nothing_was_learned():
    from dsframework.models._torch_training import rising

    raw = torch.randn(500, 5, generator=torch.Generator().manual_seed(0)) * 30
    assert (rising(raw).diff(dim=1) >= 0).all()


def test_a_training_leaves_threads_and_random_numbers_of_the_process_as_they_were():
    x, y = some(100)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        torch.manual_seed(7)
        before = torch.random.get_rng_state()
        for name in ("torch_mlp", "keras_mlp"):
            params = {**SMALL[name], "epochs": 2, "dropout": 0.3}
            make_model(name, params, task="regression").fit(x, y).predict(x)
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.random.get_rng_state(), before)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("name", ["torch_mlp", "keras_mlp"])
def test_fits_beside_each_other_give_the_bits_of_fits_one_after_another(name):
    x, y = some(500)
    params = {"hidden": [64], "epochs": 3, "dropout": 0.2}

    def bits(seed):
        return make_model(name, params, task="regression", seed=seed).fit(x, y).predict(x).tobytes()

    alone = [bits(seed) for seed in range(4)]
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(bits, range(4))) == alone
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert len(set(alone)) == 4, "the seed was meant to matter"


def test_what_keras_has_learned_is_what_keras_predicts():
    from dsframework.models._keras_mlp import KerasMlp

    kept = {}

    class Kept(KerasMlp):
        def _weights(self, module):
            kept["keras"] = module
            return super()._weights(module)

    x, y = some(100)
    for activation in ("relu", "gelu", "silu", "tanh"):
        params = {"hidden": [16, 8], "epochs": 2, "activation": activation, "dropout": 0.2}
        model = Kept(params, task="regression", seed=0, threads=1).fit(x, y)
        with torch.no_grad():
            raw = kept["keras"](torch.tensor(x, dtype=torch.float32), training=False).numpy()[:, 0]
        network = model.network_
        np.testing.assert_allclose(model.predict(x), network.centre + network.scale * raw, rtol=1e-4, atol=1e-5)


def in_a_process(code, **environment):
    import os

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
    return found.stdout.strip() or found.stderr


def test_keras_backend_is_set_for_the_import_alone():
    code = (
        "import os; os.environ.pop('KERAS_BACKEND', None)\n"
        "from dsframework.models._keras_mlp import load_keras\n"
        "print(load_keras().backend.backend(), os.environ.get('KERAS_BACKEND'))"
    )
    assert in_a_process(code) == "torch None"


def test_another_backend_that_was_asked_for_is_refused_and_not_overruled():
    code = (
        "from dsframework.models import make_model\n"
        "from dsframework.errors import ModelError\n"
        "try: make_model('keras_mlp', {}, task='regression').fit([[0.0]], [0.0])\n"
        "except ModelError as error: print(error)"
    )
    said = in_a_process(code, KERAS_BACKEND="jax")
    assert "jax" in said
    assert "KERAS_BACKEND=torch" in said


def test_no_library_is_loaded_before_a_fit_nor_to_load_a_fitted_one():
    x, y = some(50)
    model = make_model("keras_mlp", {"hidden": [4], "epochs": 1}, task="regression").fit(x, y)
    bits, predicted = pickle.dumps(model), model.predict(x)
    code = (
        "import pickle, sys, numpy as np\n"
        "from dsframework.models import make_model\n"
        "[make_model(n, {}, task='regression') for n in ('torch_mlp', 'torch_lstm', 'torch_tcn', 'keras_mlp')]\n"
        f"model = pickle.loads({bits!r})\n"
        "print([n for n in ('torch', 'keras') if n in sys.modules])\n"
        "x = np.random.default_rng(0).normal(size=(50, 4))\n"
        f"print(model.predict(x).tobytes() == {predicted.tobytes()!r}, 'keras' in sys.modules)"
    )
    assert in_a_process(code).splitlines() == ["[]", "True False"]
    assert model_requirements("keras_mlp", {}) == ["torch"]


def test_a_stored_network_is_not_much_larger_than_its_weights():
    x, y = some(50)
    model = make_model("torch_mlp", {"hidden": [64, 64], "epochs": 1}, task="regression").fit(x, y)
    weights = sum(part.nbytes for part in model.network_.weights.values())
    assert len(pickle.dumps(model)) < weights + 2000


def test_a_training_says_nothing(capfd):
    x, y = some(50)
    for name in ("torch_mlp", "keras_mlp"):
        make_model(name, {"epochs": 1}, task="regression").fit(x, y).predict(x)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("params", "task", "says"),
    [
        ({"hiden": [3]}, "regression", "hiden"),
        ({"quantile": 0.3}, "regression", "loss: quantile"),
        ({"loss": "quantile", "quantile": 1.0}, "regression", "between 0 and 1"),
        ({"loss": "mae"}, "classification", "log loss"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(params, task, says):
    with pytest.raises(ModelError, match=says):
        make_model("torch_mlp", params, task=task)


def test_a_training_that_diverges_says_what_to_do():
    x, y = some(100)
    params = {"hidden": [8], "epochs": 3, "learning_rate": 1e30, "gradient_clip": None}
    with pytest.raises(ModelError, match="smaller learning_rate"):
        make_model("torch_mlp", params, task="regression").fit(x * 1e6, y)


def test_a_gpu_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    x, y = some(50)
    with pytest.raises(ModelError, match=r"finds no cuda on this machine, only cpu.*resources.gpus: 0"):
        make_model("torch_mlp", {}, task="regression", device="cuda").fit(x, y)
    with pytest.raises(ModelError, match="cpu, cuda or mps"):
        make_model("torch_mlp", {}, task="regression", device="tpu").fit(x, y)


def test_a_network_of_a_gpu_is_served_without_one():
    x, y = some(50)
    model = make_model("torch_mlp", {"hidden": [4], "epochs": 1}, task="regression").fit(x, y)
    expected = model.predict(x)
    model.device = "cuda"
    np.testing.assert_array_equal(model.predict(x), expected)


DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.gpu)] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", SMALL)
def test_every_device_gives_the_same_bits_twice(name, device):
    x, y = some(300)
    given = {} if name.endswith("mlp") else {"rows": rows_of([0] * 300, range(300))}
    one, two = (make_model(name, SMALL[name], task="regression", device=device).fit(x, y, **given).predict(x, **given) for _ in range(2))
    assert one.tobytes() == two.tobytes()
    assert np.mean((one - y) ** 2) < 0.5 * np.var(y)


@pytest.mark.parametrize(("name", "library", "extra"), [("torch_mlp", "torch", "torch"), ("keras_mlp", "keras", "keras")])
def test_a_library_that_is_not_installed_is_one_line_with_the_command(name, library, extra, monkeypatch):
    from dsframework.models import _border

    real = _border.import_module

    def absent(asked):
        if asked == library:
            raise ModuleNotFoundError(name=library)
        return real(asked)

    monkeypatch.setattr(_border, "import_module", absent)
    monkeypatch.delitem(sys.modules, library, raising=False) if library == "keras" else None
    with pytest.raises(MissingDependencyError, match=rf"{library} is not installed; pip install .*\[{extra}\]"):
        make_model(name, {}, task="regression").fit(*some(20))


def test_the_widths_of_the_layers_are_one_network_and_a_list_of_lists_a_choice():
    arguments = catalogue.arguments("models", "keras_mlp")
    assert arguments(hidden=[64, 32]).hidden == [[64, 32]]
    assert arguments(hidden=[[32], [64, 32]]).hidden == [[32], [64, 32]]
    for wrong in ([], [[]], 32, [0], [[32], 64], ["32"], [True]):
        with pytest.raises(ValueError, match="expected the widths of the layers"):
            arguments(hidden=wrong)
