"""Windows of the past, the TCN and the optimiser, each against a plain loop or PyTorch itself."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from dsframework.errors import ModelError
from dsframework.models import make_model
from dsframework.models._torch_models import TorchLstm
from dsframework.models._torch_networks import build
from dsframework.models._torch_training import AdamW
from dsframework.rows import Rows


def rows_of(entity, step):
    entity, step = np.asarray(entity, dtype=np.int32), np.asarray(step, dtype=np.int64)
    names = tuple(f"E{number}" for number in range(int(entity.max(initial=0)) + 1))
    return Rows(
        entity, names, step.astype("datetime64[D]").astype("datetime64[ns]"), step.astype("int32"), np.zeros(len(step), "int32"), step
    )


@st.composite
def panels(draw):
    pairs = draw(st.sets(st.tuples(st.integers(0, 25), st.integers(0, 2)), min_size=1, max_size=40))
    step, entity = zip(*sorted(pairs), strict=True)
    return rows_of(entity, step)


@settings(max_examples=60, deadline=None)
@given(panels(), st.integers(1, 6), st.integers(1, 4), st.data())
def test_a_window_is_the_entitys_own_past_up_to_a_gap(rows, lookback, max_gap, data):
    """Oracle: walk back from each row."""
    asked = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    x = np.arange(len(rows), dtype=float)[:, None]
    model = TorchLstm({"lookback": lookback, "max_gap": max_gap}, task="regression", seed=0, threads=1)
    samples = model._samples(x, rows.asking(asked), "float64", "cpu")
    found = samples.batch(torch.arange(len(samples)))[:, :, 0].numpy()
    expected = []
    for row in np.flatnonzero(asked):
        window = [row]
        for earlier in range(row - 1, -1, -1):
            if len(window) == lookback:
                break
            if rows.entity[earlier] == rows.entity[row]:
                if rows.step[window[0]] - rows.step[earlier] > max_gap:
                    break
                window.insert(0, earlier)
        expected.append([window[0]] * (lookback - len(window)) + window)
    np.testing.assert_array_equal(found, np.array(expected, dtype=float).reshape(-1, lookback))


@pytest.mark.parametrize(("lookback", "kernel_size"), [(20, 3), (7, 2), (33, 4), (1, 3), (5, 3), (64, 2)])
def test_the_tcn_is_a_stack_of_dilated_causal_convolutions(lookback, kernel_size):
    settings_ = {"channels": 6, "kernel_size": kernel_size, "lookback": lookback, "activation": "gelu", "dropout": 0.0}
    network = build("tcn", settings_, 4, 2, seed=3, device="cpu").double()
    x = torch.randn(5, lookback, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    flow, seen = x.transpose(1, 2), 1
    for number, block in enumerate(network.blocks):
        inner, dilation = flow, 2**number
        seen += 2 * (kernel_size - 1) * dilation
        for layer in (block.first, block.second):
            kernel = layer.weight.view(layer.out_features, kernel_size, inner.shape[1]).transpose(1, 2)
            inner = functional.conv1d(functional.pad(inner, ((kernel_size - 1) * dilation, 0)), kernel, layer.bias, dilation=dilation)
            inner = functional.gelu(inner)
        shortcut = block.shortcut(flow.transpose(1, 2)).transpose(1, 2)
        flow = functional.gelu(inner + shortcut)
    torch.testing.assert_close(network(x), network.head(flow[:, :, -1]), rtol=1e-12, atol=1e-12)
    assert seen >= lookback


@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_optimiser_is_pytorchs_adamw(clip, decay):
    ours, theirs = (build("mlp", {"hidden": [7, 5], "activation": "tanh", "dropout": 0.0}, 4, 2, seed=1, device="cpu") for _ in range(2))
    step = AdamW(ours, learning_rate=0.02, weight_decay=decay, clip=clip)
    matrices = [part for part in theirs.parameters() if part.dim() > 1]
    biases = [part for part in theirs.parameters() if part.dim() == 1]
    reference = torch.optim.AdamW([{"params": matrices, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}], lr=0.02)
    random = torch.Generator().manual_seed(0)
    for _ in range(25):
        x, y = torch.randn(16, 4, generator=random), torch.randn(16, 2, generator=random)
        (ours(x) - y).square().mean().backward()
        step.step()
        reference.zero_grad()
        (theirs(x) - y).square().mean().backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(theirs.parameters(), clip)
        reference.step()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["torch_lstm", "torch_tcn"])
def test_what_happened_three_rows_ago_is_learned(name):
    random = np.random.default_rng(0)
    n_steps, n_entities = 150, 4
    x = random.normal(size=(n_steps * n_entities, 2))
    y = np.concatenate([np.zeros(3 * n_entities), x[: -3 * n_entities, 0]])
    rows = rows_of(np.tile(np.arange(n_entities), n_steps), np.repeat(np.arange(n_steps), n_entities))
    params = {"lookback": 5, "epochs": 40, "learning_rate": 0.01, "batch_size": 64}
    far = make_model(name, params, task="regression").fit(x, y, rows=rows)
    near = make_model(name, {**params, "lookback": 2}, task="regression").fit(x, y, rows=rows)
    far_error, near_error = (np.mean((model.predict(x, rows=rows) - y)[40:] ** 2) / y.var() for model in (far, near))
    assert far_error < 0.3
    assert near_error > 0.7


def test_a_network_that_looks_back_must_know_whose_the_rows_are():
    with pytest.raises(ModelError, match="rows="):
        make_model("torch_lstm", {"lookback": 3}, task="regression").fit(np.zeros((5, 2)), np.arange(5.0))
