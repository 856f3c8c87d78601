"""The target's scale: there and back, and values that have no place on it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dsframework.errors import DataError
from dsframework.preprocessing import TargetTransform

SMALLEST = {"none": -1e12, "log": 1e-12, "log1p": -0.999, "sqrt": 0.0}


def targets(name):
    floats = st.floats(SMALLEST[name], 1e12, allow_subnormal=False)
    return hnp.arrays(np.float64, st.integers(1, 30), elements=floats)


@pytest.mark.parametrize("name", SMALLEST)
@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_the_inverse_undoes_the_transform(name, data):
    y = data.draw(targets(name))
    transform = TargetTransform(name)
    before = y.copy()
    np.testing.assert_allclose(transform.inverse(transform.forward(y)), y, rtol=1e-13, atol=1e-300)
    np.testing.assert_array_equal(y, before)


@pytest.mark.parametrize("name", SMALLEST)
def test_the_transform_gives_a_new_array(name):
    y = np.array([1.0, 2.0])
    transform = TargetTransform(name)
    assert not np.shares_memory(transform.forward(y), y)
    assert not np.shares_memory(transform.inverse(y), y)


def test_the_forms_are_what_their_names_say():
    y = np.array([0.5, 4.0])
    np.testing.assert_array_equal(TargetTransform("log").forward(y), np.log(y))
    np.testing.assert_array_equal(TargetTransform("log1p").forward(y), np.log1p(y))
    np.testing.assert_array_equal(TargetTransform("sqrt").forward(y), np.sqrt(y))
    np.testing.assert_array_equal(TargetTransform("none").forward(y), y)


def test_a_negative_square_root_is_taken_as_zero():
    np.testing.assert_array_equal(TargetTransform("sqrt").inverse(np.array([-3.0, 2.0])), [0.0, 4.0])


def test_a_prediction_too_large_for_a_float_becomes_infinite_without_a_warning():
    assert np.isinf(TargetTransform("log").inverse(np.array([1e6]))).all()


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        (
            "log",
            [3.0, 0.0, -2.0],
            "log is not defined for the 2 of 3 values that are <= 0 (the first is 0, row 1); use log1p where zeros mean something, or none",
        ),
        ("log1p", [-0.5, -1.0], "log1p is not defined for the 1 of 2 values that are <= -1 (the first is -1, row 1)"),
        ("sqrt", [-0.5, 0.0], "sqrt is not defined for the 1 of 2 values that are < 0 (the first is -0.5, row 0)"),
    ],
)
def test_values_that_have_no_place_on_the_scale_are_counted(name, values, says):
    with pytest.raises(DataError) as caught:
        TargetTransform(name).forward(np.array(values))
    assert str(caught.value).startswith(f"target.transform: {says}")


def test_the_field_of_the_error_can_be_named():
    with pytest.raises(DataError, match=r"^variants\.target\.a\.transform: "):
        TargetTransform("log").forward(np.array([0.0]), field="variants.target.a.transform")


def test_an_unknown_transform_is_refused():
    with pytest.raises(DataError, match="'log2' is not available, try log"):
        TargetTransform("log2").forward(np.array([1.0]))
