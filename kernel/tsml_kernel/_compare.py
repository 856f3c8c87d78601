"""The comparison of runs as a widget: the same component that JupyterLab's tab shows."""

from __future__ import annotations

from typing import Any, Literal, Self

import anywidget
import traitlets

from dsframework.errors import TsmlError
from dsframework.records import Comparison
from tsml_kernel._assets import asset
from tsml_kernel._output import publish
from tsml_kernel._scheduling import scheduled_message
from tsml_kernel._static import comparison_bundle

__all__ = ["ComparisonWidget"]


class ComparisonWidget(anywidget.AnyWidget):
    """Table, parallel coordinates and forecasts of several runs."""

    _esm = asset("compare.js")
    _css = asset("compare.css")

    comparison = traitlets.Dict().tag(sync=True)

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        """Make the widget of a comparison."""
        widget = cls(comparison=comparison.model_dump(mode="json"))
        widget.on_msg(widget._receive)
        return widget

    def show(self) -> None:
        """Display the live view, and beside it the static table and picture that a saved notebook keeps."""
        view = self._repr_mimebundle_()
        publish((dict(view[0]) if view else {}) | {"text/plain": "Comparison; its static form stands below."})
        publish(comparison_bundle(self._record()))

    def _record(self) -> Comparison:
        return Comparison.model_validate(self.comparison)

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if content.get("kind") == "forecast":
            self.send({"kind": "forecast", "request": content.get("request")} | self._forecast(content))
        elif content.get("kind") == "schedule":
            self.send(scheduled_message(content))

    def _forecast(self, content: dict[str, Any]) -> dict[str, Any]:
        from dsframework.tracking import compare_runs

        ids = [row.run.run_id for row in self._record().rows]
        part: Literal["test", "cv"] = "cv" if content.get("part") == "cv" else "test"
        try:
            found = compare_runs(ids, entity=content.get("entity"), part=part).forecast
        except TsmlError as error:
            return {"error": str(error)}
        return {"panel": found.model_dump(mode="json")} if found else {"error": "these runs have no recorded predictions"}
