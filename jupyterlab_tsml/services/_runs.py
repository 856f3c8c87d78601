"""Recorded runs, as MLflow has them."""

from __future__ import annotations

from dsframework.records import Comparison, RunPage, RunSummary
from dsframework.spec import to_dict, to_yaml
from jupyterlab_tsml.services._base import Service
from jupyterlab_tsml.wire import CompareRequest, RunsQuery, SpecReply

__all__ = ["RunService"]


class RunService(Service):
    """What MLflow has recorded."""

    def warm_up(self) -> None:
        """Load what the first question would wait for: MLflow takes seconds to import."""
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: F401  (not imported by the client before its first call)

        from dsframework.tracking import search_runs  # noqa: F401

    def page(self, query: RunsQuery) -> RunPage:
        """Return a page of runs, newest first."""
        from dsframework.tracking import search_runs

        return search_runs(filter=query.filter, limit=query.limit, page_token=query.page_token, tracking_experiment=query.experiment)

    def summary(self, run_id: str) -> RunSummary:
        """Return one run; raises `NotFoundError`."""
        from dsframework.tracking import run_summary

        return run_summary(run_id)

    def spec(self, run_id: str) -> SpecReply:
        """Return the document that a run was made from; raises `NotFoundError`."""
        from dsframework.tracking import load_spec_of

        spec = load_spec_of(run_id)
        return SpecReply(spec=to_dict(spec, full=True), yaml=to_yaml(spec))

    def compare(self, request: CompareRequest) -> Comparison:
        """Return runs side by side; raises `NotFoundError` for one that there is not."""
        from dsframework.tracking import compare_runs

        return compare_runs(request.runs, entity=request.entity, part=request.part)
