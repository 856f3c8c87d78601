"""What the fits of a study need on a machine that is not this one."""

from __future__ import annotations

from collections.abc import Iterable

from dsframework.execution import Needs, code_of
from dsframework.features import own_paths
from dsframework.models import models
from dsframework.own_code import libraries_of
from dsframework.preprocessing import own_steps
from dsframework.spec import Component, members_of, own_classes
from dsframework.study._prepare import Prepared

__all__ = ["needs_of"]


def needs_of(prepared: Iterable[Prepared]) -> Needs:
    """Return the own files and the libraries of every experiment's fits; imports none of them."""
    modules, libraries = set[str](), set[str]()
    for plan in (item.plan for item in prepared):
        paths = [
            *own_classes(plan.model),
            *own_paths(plan.components("features")),
            *own_steps(plan.components("preprocessing")),
        ]
        modules.update(path.rpartition(".")[0] for path in paths)
        libraries.update(_libraries_of(plan.model))
    for module in modules:
        libraries.update(libraries_of(module))
    return Needs(tuple(sorted(code_of(modules).items())), tuple(sorted(libraries)))


def _libraries_of(model: Component) -> set[str]:
    own = set(getattr(models.get(model.name), "requirements", ()))
    return own.union(*(_libraries_of(member) for member in members_of(model).values()))
