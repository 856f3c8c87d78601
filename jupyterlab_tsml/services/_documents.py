"""Documents: the form's schema, validation, the picture of the folds, and the first look at a data file."""

from __future__ import annotations

from pathlib import Path

from dsframework.errors import DataError, NotFoundError, SpecError
from dsframework.records import DataPreview, FoldPicture
from dsframework.spec import ExperimentSpec, catalogue, json_schema, parse_spec, spec_from_dict, to_dict, to_yaml
from jupyterlab_tsml.problems import issues_of
from jupyterlab_tsml.root import data_forms, files_of_several
from jupyterlab_tsml.services._base import Service
from jupyterlab_tsml.services._concise import concise
from jupyterlab_tsml.wire import Catalogue, CatalogueEntry, FoldsRequest, Issue, PreviewQuery, SchemaReply, ValidateReply, ValidateRequest

__all__ = ["DocumentService"]

DEFAULT_YAML = """\
version: 1
name: next-day-volume
task: regression
data: {loader: sample, n_entities: 8, n_days: 400}
target: {column: volume, horizon: 1, transform: log}
features:
- lag: {columns: [volume], periods: [0, 1, 4]}
- rolling: {columns: [volume], windows: [5, 21], stats: [mean, std]}
- calendar: [day_of_week, month]
preprocessing: [standard_scale]
split:
  test: 0.15
  cv: {folds: 3}
models:
- ridge: {alpha: [0.1, 1.0, 10.0]}
- random_forest: {n_estimators: 100, min_samples_leaf: 5}
tuning: {metric: mae}
metrics: [mae, rmse, mape, r2, mase]
"""


class DocumentService(Service):
    """What can be said about a document and its data before anything is run."""

    def describe(self) -> SchemaReply:
        """Return the JSON Schema, the components of every stage, and a document to start with."""
        spec = parse_spec(DEFAULT_YAML)
        return SchemaReply(
            json_schema=json_schema(),
            catalogue=Catalogue(
                data=_entries("data"), features=_entries("features"), preprocessing=_entries("preprocessing"), models=_entries("models")
            ),
            default_spec=to_dict(spec, full=True),
            default_yaml=to_yaml(concise(spec)),
        )

    def validate(self, request: ValidateRequest) -> ValidateReply:
        """Return the mistakes of a document, or its canonical forms.

        The YAML keeps what was written when YAML came in, and leaves out what is by default when data came in.
        """
        base = self.root.directory(request.base)
        try:
            spec = parse_spec(request.yaml) if request.yaml is not None else spec_from_dict(request.spec)
        except SpecError as error:
            return ValidateReply(valid=False, issues=issues_of(error))
        issues = self._missing_files(spec, base) if "base" in request.model_fields_set else []
        if issues:
            return ValidateReply(valid=False, issues=issues)
        text = to_yaml(spec if request.yaml is not None else concise(spec))
        return ValidateReply(valid=True, yaml=text, spec=to_dict(spec, full=True))

    def folds(self, request: FoldsRequest) -> FoldPicture:
        """Return the folds and the final test of a document as stretches of time."""
        spec, base = self.admit(request)
        from dsframework.study import picture_folds

        return picture_folds(spec, base=base)

    def preview(self, query: PreviewQuery) -> DataPreview:
        """Return the first look at a data file; its path stays as the request wrote it."""
        path = self.root.file(query.path)
        from dsframework.data import preview_file

        found = preview_file(path, time=query.time, entity=query.entity, calendar=query.calendar, timezone=query.timezone)
        if found.problems and not found.columns:
            raise DataError(found.problems[0], field="path", value=query.path, mend="choose a CSV or a Parquet file with rows")
        return found.model_copy(update={"path": query.path})

    def _missing_files(self, spec: ExperimentSpec, base: Path) -> list[Issue]:
        issues = []
        for field, form in data_forms(spec).items():
            path = getattr(form, "path", None)
            if path is None:
                continue
            try:
                if not files_of_several(form, base):
                    self.root.file(path, base=base)
            except NotFoundError:
                place = base.relative_to(self.root.folder).as_posix()
                issues.append(Issue(field=f"{field}.path", message=f"no file {path!r} in {'the top folder' if place == '.' else place}"))
            except DataError as error:
                issues.append(Issue(field=f"{field}.path", message=f"{path!r} {error.message}"))
        return issues


def _entries(stage: str) -> list[CatalogueEntry]:
    return [
        CatalogueEntry(name=name, description=(model.__doc__ or "").strip().split("\n")[0])
        for name, model in catalogue.usable(stage).items()
    ]
