"""Recording a finished experiment: predictions, evaluators, audit, the model, and last its result."""

from __future__ import annotations

import pickle

import polars as pl

from dsframework.data import loader_requirements
from dsframework.errors import ModelError, one_line
from dsframework.evaluation import interval_columns
from dsframework.experiment import FinalOutcome, FittedPipeline
from dsframework.features import own_features, own_features_code
from dsframework.models import model_requirements, own_modules
from dsframework.preprocessing import own_steps_code
from dsframework.records import ExperimentResult
from dsframework.study._audit import Auditor
from dsframework.study._evaluate import evaluate
from dsframework.study._experiment_result import make_result, trial_table
from dsframework.study._experiment_run import ExperimentRun
from dsframework.study._forecasts import prediction_frame
from dsframework.study._intervals import Intervals, make_intervals
from dsframework.study._nested_result import told_of_nested
from dsframework.tracking import Journal, log_pipeline

__all__ = ["Recorder"]


class Recorder:
    """Records the experiments of one study.

    Parameters
    ----------
    journal
        Where.
    study, name
        Whose.
    spec_yaml
        The document, stored with every model.
    """

    def __init__(self, journal: Journal, *, study: str, name: str, spec_yaml: str) -> None:
        self._journal, self._store, self._spec_yaml = journal, journal.store, spec_yaml
        self._study, self._name = study, name
        self._auditor = Auditor()

    def conclude(self, run: ExperimentRun) -> ExperimentResult:
        """Record everything of an experiment whose fits are done; its result last, which says that the rest is there."""
        final, prepared = run.final, run.prepared
        assert final is not None
        assert run.audit is not None
        out_of_fold, job = run.tuning.out_of_fold(), run.best_job()
        intervals = None
        if prepared.plan.intervals is not None and out_of_fold is not None:
            intervals = make_intervals(prepared, job, out_of_fold, final)
        result = make_result(run, final, intervals)
        evaluated = [*told_of_nested(result, prepared, greater_is_better=run.greater_is_better)]
        evaluated += evaluate(prepared, job, final, out_of_fold, intervals)
        report = self._auditor.report(prepared, run.audit, beats_baselines=result.beats_baselines)
        broken = [f"evaluation {one.result.name}: {one.result.error}" for one in evaluated if one.result.error]
        result = result.model_copy(
            update={"audit": report, "evaluation": [one.result for one in evaluated], "notes": [*result.notes, *broken]}
        )
        self._journal.flush()
        self._log_golden(run)
        for path, frame in _prediction_frames(run, final, out_of_fold, intervals).items():
            self._store.log_frame(run.run_id, frame, path)
        for path, frame in (item for one in evaluated for item in one.frames.items()):
            self._store.log_frame(run.run_id, frame, path)
        self._store.log_table(run.run_id, trial_table(run), "trials.json")
        self._store.log_text(run.run_id, self._spec_yaml, "spec.yaml")
        self._log_model(run, result, intervals)
        self._store.log_result(result)
        self._store.finish(run.run_id, "FINISHED")
        run.finish(result)
        return result

    def _log_golden(self, run: ExperimentRun) -> None:
        golden = self._auditor.golden(run.prepared) if run.prepared.plan.audit != "off" else None
        if golden is not None:
            self._store.log_frame(run.run_id, golden.rows, "audit/rows.parquet")
            self._store.log_frame(run.run_id, golden.features, "audit/features.parquet")

    def _log_model(self, run: ExperimentRun, result: ExperimentResult, intervals: Intervals | None) -> None:
        plan, final = run.prepared.plan, run.final
        assert final is not None
        pipeline = FittedPipeline(
            task=plan.task,
            data=plan.data,
            target=plan.target,
            features=plan.features,
            names=run.prepared.dataset.names,
            lookback=run.prepared.lookback_of(final.learned),
            learned=final.learned,
            classes=run.prepared.dataset.classes,
            intervals=intervals.maker if intervals else None,
            own=own_features(plan.features),
            bars=run.prepared.dataset.bars,
        )
        about = {
            "study": self._study,
            "name": self._name,
            "experiment": plan.name,
            "model": plan.model.name,
            "params": result.params,
            "task": plan.task,
            "target": plan.target.model_dump(mode="json", by_alias=True) if plan.target else None,
            "calendar": plan.data.calendar,
            "lookback": pipeline.lookback,
            "input_columns": pipeline.input_columns,
            "features": list(pipeline.names),
            "metric": plan.metric,
            "test": result.test,
            "cv": {name: summary.mean for name, summary in result.cv.items()},
            "trained_until": str(run.prepared.dataset.axis[run.prepared.final.train[-1].stop - 1]),
        }
        job = plan.job(result.params)
        own = (own_features_code(plan.features), own_steps_code(plan.preprocessing))
        try:
            log_pipeline(
                run.run_id,
                pipeline,
                spec_yaml=self._spec_yaml,
                about=about,
                example=run.prepared.example(pipeline.lookback),
                requirements=sorted(
                    {
                        *model_requirements(job.model, job.params),
                        *loader_requirements(plan.data),
                        *own[0].distributions,
                        *own[1].distributions,
                    }
                ),
                own_modules=sorted({*own_modules(job.model, job.params), *own[0].modules, *own[1].modules}),
            )
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise ModelError(f"the fitted {plan.model.name} can't be stored: {one_line(error, 160)}", field="models") from error


def _prediction_frames(
    run: ExperimentRun, final: FinalOutcome, out_of_fold: pl.DataFrame | None, intervals: Intervals | None
) -> dict[str, pl.DataFrame]:
    """The predictions that are recorded, by the artifact's path, with their intervals."""
    prepared = run.prepared
    levels = prepared.plan.quantiles
    test = prediction_frame(prepared.dataset, prepared.final, final.forecast, levels, final.baseline_predictions)
    found = {"predictions/test.parquet": test.with_columns(**interval_columns(intervals.test if intervals else None))}
    if out_of_fold is not None:
        ends = interval_columns(intervals.folds if intervals else None)
        found["predictions/cv.parquet"] = out_of_fold.with_columns(**ends)
    return found
