"""Where the time axis is cut: the final test and the validation folds before it, one model a method."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Arguments, Strict
from dsframework.spec._catalogue import BrokenPackageError, catalogue
from dsframework.spec._issues import not_available
from dsframework.spec._length import Length, LengthOf

__all__ = [
    "DEFAULT_METHOD",
    "CombinatorialPurgedCv",
    "CvField",
    "CvSpec",
    "GroupsSpec",
    "HoldOutCv",
    "PurgedKFoldCv",
    "SplitSpec",
    "WalkForwardCv",
]

DEFAULT_METHOD = "walk_forward"
_MOST_FITS = 1000
_PURGE = "Left out before a test window; never less than the labels that are not known when the test begins, which is what auto means."
_PURGE_AROUND = (
    "Left out on both sides of a test window; never less than the labels that overlap it. Auto leaves out the rows after the test whose "
    "features read the test as well; label does not."
)
_BEFORE = "Left out before the purged steps as well."
_AFTER = "Left out after the purged steps behind a test window as well."

Size = Annotated[Length, LengthOf(1)]
Gap = Annotated[Length, LengthOf(0)]


class GroupsSpec(Strict):
    """In every fold one group of entities is tested by a model that has seen none of their rows."""

    by: str = Field(
        default="entity", min_length=1, title="By", description="entity, or a column that has one value an entity, such as a sector."
    )
    count: int = Field(default=5, ge=2, le=200, title="Count", description="How many groups the entities are dealt into.")


class CvSpec(Arguments):
    """What every validation has: its method."""

    embargo_after: ClassVar[bool] = False
    """Whether the embargo lies behind a test window, and not before it."""

    method: str = Field(default=DEFAULT_METHOD, title="Method")

    def model_post_init(self, context: Any) -> None:
        """Count a method that is not the default as given, so that no way of writing leaves it out."""
        if self.method != DEFAULT_METHOD:
            self.__pydantic_fields_set__.add("method")

    @property
    def n_fits(self) -> int | None:
        """How many fits a trial needs, as far as the settings tell."""
        return None

    def before_the_test(self) -> tuple[Length, Length]:
        """Return purge and embargo as they hold before the final test, behind which there is nothing."""
        return getattr(self, "purge", "auto"), 0 if self.embargo_after else getattr(self, "embargo", 0)


class WalkForwardCv(CvSpec):
    """Every fold learns from the past and is tested on what follows."""

    method: Literal["walk_forward"] = Field(default="walk_forward", title="Method")
    folds: int = Field(default=5, ge=1, le=200, title="Folds")
    window: Annotated[Length, LengthOf(1, "expanding")] = Field(
        default="expanding", title="Window", description="expanding, or how long a sliding training window is."
    )
    test_size: Size | None = Field(
        default=None, title="Test size", description="How long a test window is; equal parts of the axis by default."
    )
    step: Size | None = Field(
        default=None, title="Step", description="From the end of one test window to the end of the next; the test size by default."
    )
    gap: Gap = Field(
        default=0, title="Gap", description="At least so much lies between training and test, such as the time until a model is in use."
    )
    refit: int = Field(
        default=1, ge=1, le=200, title="Refit every", description="Fit anew in every so many windows; the last model predicts in between."
    )
    purge: Annotated[Length, LengthOf(0, "auto")] = Field(default="auto", title="Purge", description=_PURGE)
    embargo: Gap = Field(default=0, title="Embargo", description=_BEFORE)
    groups: GroupsSpec | None = Field(default=None, title="Groups")

    @property
    def n_fits(self) -> int:
        """One in every `refit` windows; one a window and group, where entities are held out."""
        return math.ceil(self.folds / self.refit) if self.groups is None else self.folds * self.groups.count


class HoldOutCv(CvSpec):
    """One fold: the last part of the training time is predicted once."""

    method: Literal["hold_out"] = Field(default="hold_out", title="Method")
    test_size: Size = Field(default=0.2, title="Test size", description="How long the part is that is predicted.")
    purge: Annotated[Length, LengthOf(0, "auto")] = Field(default="auto", title="Purge", description=_PURGE)
    embargo: Gap = Field(default=0, title="Embargo", description=_BEFORE)
    groups: GroupsSpec | None = Field(default=None, title="Groups")

    @property
    def n_fits(self) -> int:
        """One, for every group."""
        return 1 if self.groups is None else self.groups.count


class PurgedKFoldCv(CvSpec):
    """Every part of the axis is tested once by a model that learns from both sides, but for what overlaps."""

    embargo_after: ClassVar[bool] = True
    method: Literal["purged_k_fold"] = Field(default="purged_k_fold", title="Method")
    folds: int = Field(default=5, ge=2, le=200, title="Folds")
    purge: Annotated[Length, LengthOf(0, "auto", "label")] = Field(default="auto", title="Purge", description=_PURGE_AROUND)
    embargo: Gap = Field(default=0, title="Embargo", description=_AFTER)
    groups: GroupsSpec | None = Field(default=None, title="Groups")

    @property
    def n_fits(self) -> int:
        """One a part, for every group."""
        return self.folds if self.groups is None else self.folds * self.groups.count


class CombinatorialPurgedCv(CvSpec):
    """Every choice of a few blocks is tested together, so that there are several paths through the whole axis."""

    embargo_after: ClassVar[bool] = True
    method: Literal["combinatorial_purged"] = Field(default="combinatorial_purged", title="Method")
    blocks: int = Field(default=6, ge=2, le=100, title="Blocks", description="How many blocks the axis is cut into (N).")
    test_blocks: int = Field(default=2, ge=1, le=50, title="Test blocks", description="How many of them a fold tests (k).")
    purge: Annotated[Length, LengthOf(0, "auto", "label")] = Field(default="auto", title="Purge", description=_PURGE_AROUND)
    embargo: Gap = Field(default=0, title="Embargo", description=_AFTER)
    groups: GroupsSpec | None = Field(default=None, title="Groups")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.test_blocks >= self.blocks:
            text = f"{self.test_blocks} test blocks of {self.blocks} leave none to learn from; lower test_blocks"
            raise PydanticCustomError("range", "{text}", {"text": text})
        fits = math.comb(self.blocks, self.test_blocks)
        if fits > _MOST_FITS:
            text = f"{self.test_blocks} of {self.blocks} blocks are {fits} folds, at most {_MOST_FITS} are allowed; use fewer blocks"
            raise PydanticCustomError("range", "{text}", {"text": text})
        return self

    @property
    def n_fits(self) -> int:
        """One a choice of blocks, for every group."""
        fits = math.comb(self.blocks, self.test_blocks)
        return fits if self.groups is None else fits * self.groups.count


class CvField:
    """Marks a validation: the key ``method`` chooses the model, walk_forward where it is not written."""

    def validate(self, value: Any) -> CvSpec:
        """Build the method's model, or raise errors that carry the path."""
        if isinstance(value, CvSpec):
            return value
        names = catalogue.names("splitters")
        if not isinstance(value, dict):
            raise PydanticCustomError("mapping", "{text}", {"text": f"expected 'method: ...' with its settings, try {', '.join(names)}"})
        method = value.get("method", DEFAULT_METHOD)
        if not isinstance(method, str) or method not in names:
            raise PydanticCustomError("not_available", "{text}", {"text": "method " + not_available(str(method), names)})
        try:
            model = catalogue.arguments("splitters", method)
        except BrokenPackageError as error:
            raise PydanticCustomError("not_available", "{text}", {"text": f"method {error}"}) from error
        assert issubclass(model, CvSpec)
        return model.model_validate(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        dump = core_schema.plain_serializer_function_ser_schema(_dumped, info_arg=True)
        return core_schema.no_info_plain_validator_function(self.validate, serialization=dump)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        options = []
        for name, model in catalogue.usable("splitters").items():
            option = dict(handler.resolve_ref_schema(handler(model.__pydantic_core_schema__)))
            option["properties"] = {**option["properties"], "method": {"const": name, "title": "Method", "type": "string"}}
            if name != DEFAULT_METHOD:
                option["required"] = ["method", *(key for key in option.get("required", ()) if key != "method")]
            options.append(option)
        return {"oneOf": options, "title": "Validation"}


def _dumped(cv: CvSpec, info: SerializationInfo) -> dict[str, Any]:
    return cv.model_dump(mode="json", exclude_unset=info.exclude_unset)


class SplitSpec(Strict):
    """The final test, touched once, and the validation folds before it."""

    test: float | int | str = Field(
        default=0.15, title="Test", description="A share of the time axis, a number of time steps, or the first day of the test."
    )
    by: Literal["session", "day", "week", "month", "year"] | None = Field(
        default=None, title="Cut by", description="Every cut falls on the border of such a period, and counts are periods, not time steps."
    )
    cv: Annotated[CvSpec, CvField()] = Field(default=WalkForwardCv(), title="Validation")
    inner: Annotated[CvSpec, CvField()] | None = Field(
        default=None,
        title="Inner validation",
        description="Cuts the training part of every fold again, to tune inside it: the folds' scores then owe nothing to tuning.",
    )

    @field_validator("test", mode="before")
    @classmethod
    def _check_test(cls, value: Any) -> Any:
        if isinstance(value, dt.datetime | dt.date):
            return value.isoformat()
        if isinstance(value, str):
            try:
                dt.datetime.fromisoformat(value)
            except ValueError:
                raise PydanticCustomError("test", "expected a share such as 0.15, a count, or a day such as 2017-01-03") from None
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise PydanticCustomError("test", "expected a share such as 0.15, a count, or a day such as 2017-01-03")
        if isinstance(value, float) and not 0 < value < 1:
            raise PydanticCustomError("test", "a share lies between 0 and 1; for a count write a whole number")
        if isinstance(value, int) and value < 1:
            raise PydanticCustomError("test", "a count of test steps is at least 1")
        return value

    @field_validator("inner")
    @classmethod
    def _check_inner(cls, value: CvSpec | None) -> CvSpec | None:
        if getattr(value, "groups", None) is not None:
            raise PydanticCustomError(
                "range", "inner folds cut the time only; write groups below cv, whose entities they leave out as well"
            )
        return value


catalogue.base("splitters", CvSpec)
for _model in (WalkForwardCv, HoldOutCv, PurgedKFoldCv, CombinatorialPurgedCv):
    catalogue.register("splitters", _model.model_fields["method"].default, _model)
