"""The contract of a service.

A service's methods are synchronous and run in a thread of the extension, several at a time, so a service keeps no state between
calls. They take and give pydantic models, and raise `TsmlError`s for what a person can mend; the handlers turn those into HTTP
statuses. A service imports what is heavy inside its methods, so that the server starts quickly.
"""

from __future__ import annotations

from pathlib import Path

from traitlets import Bool, Unicode
from traitlets.config import LoggingConfigurable

from dsframework.errors import DataError
from dsframework.spec import ExperimentSpec, FrameData, parse_spec, spec_from_dict
from jupyterlab_tsml.root import Root, data_forms
from jupyterlab_tsml.wire import SpecDocument

__all__ = ["Service"]


class Service(LoggingConfigurable):
    """The base of every service: it knows the server's root folder."""

    root_dir = Unicode(help="The server's root folder.")
    allow_hidden = Bool(False, help="Whether hidden files may be named.")

    @property
    def root(self) -> Root:
        """The server's root folder."""
        return Root(Path(self.root_dir), hidden=self.allow_hidden)

    def admit(self, document: SpecDocument) -> tuple[ExperimentSpec, Path]:
        """Return the document's spec and the folder that its relative paths start from.

        The models of a document are classes that the run imports (`python`), or the library's own. They run in the user's own
        account, in which the user may run any code anyhow; what a document may not do is read data from outside the root folder.

        Raises
        ------
        SpecError
            When the document is wrong.
        DataError
            When it asks for a data frame, which only a notebook can hand over.
        NotFoundError
            When there is no such folder.
        ForbiddenPathError
            When the folder or a data file lies outside the root folder.
        """
        base = self.root.directory(document.base)
        spec = parse_spec(document.yaml) if document.yaml is not None else spec_from_dict(document.spec)
        for field, form in data_forms(spec).items():
            if isinstance(form, FrameData):
                mend = "run the document as a cell of the notebook that has the frame, or read a file"
                raise DataError("a data frame lives in a notebook", field=f"{field}.frame", value=form.frame, mend=mend)
        self.root.admit(spec, base)
        return spec, base
