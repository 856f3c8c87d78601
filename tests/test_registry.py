"""Names to implementations, those of other packages included."""

import sys

import pytest

from dsframework.errors import ModelError
from dsframework.models import make_model, model_names
from dsframework.registry import Registry

GROUP = "jupyterlab_tsml.test_group"


def registry(group=GROUP):
    return Registry(group, {"fraction": "fractions:Fraction"}, error=ModelError, field="models")


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """An installed package that adds to two groups by its entry points."""
    (tmp_path / "other_package.py").write_text(
        "class Zero:\n    tasks = ('regression',)\n    def __init__(self, params, *, task, seed, threads): self.params = dict(params)\n"
    )
    info = tmp_path / "other_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\nzero = other_package:Zero\nfraction = other_package:Zero\nbroken = not_there:Zero\nabsent = other_package:One\n"
        "[jupyterlab_tsml.models]\nzero = other_package:Zero\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("other_package", None)


def test_a_name_of_this_package_is_imported_when_it_is_asked_for():
    from fractions import Fraction

    assert registry().names() == ["fraction"]
    assert registry().get("fraction") is Fraction


def test_another_package_adds_names_but_never_hides_ours(other_package):
    from fractions import Fraction

    names = registry()
    assert names.names() == ["absent", "broken", "fraction", "zero"]
    assert names.get("zero").__name__ == "Zero"
    assert names.get("fraction") is Fraction


def test_a_model_of_another_package_is_made_by_its_name(other_package):
    assert "zero" in model_names("regression")
    assert "zero" not in model_names("classification")
    assert make_model("zero", {"a": 1}, task="regression").params == {"a": 1}


@pytest.mark.parametrize(("name", "says"), [("broken", "No module named 'not_there'"), ("absent", "has no attribute 'One'")])
def test_a_package_that_can_not_be_imported_is_one_line_that_names_it(other_package, name, says):
    with pytest.raises(ModelError) as caught:
        registry().get(name)
    assert str(caught.value).startswith(f"models: {name!r} can't be imported: ")
    assert says in str(caught.value)
    assert "repair or remove the package" in str(caught.value)


def test_an_unknown_name_gives_the_near_miss():
    with pytest.raises(ModelError, match="'fracton' is not available, try fraction"):
        registry().get("fracton")


def test_a_name_can_be_added_in_this_process():
    names = registry()
    names.add("own", dict)
    assert names.get("own") is dict
    assert names.names() == ["fraction", "own"]
