"""The server's root folder: what a request may name, and what lies outside."""

from __future__ import annotations

import os
import stat
from http import HTTPStatus
from pathlib import Path

from dsframework.errors import DataError, NotFoundError
from dsframework.spec import DataSpec, ExperimentSpec, ParquetData
from jupyterlab_tsml.problems import STATUS

__all__ = ["ForbiddenPathError", "Root", "data_forms", "files_of_several"]


class ForbiddenPathError(DataError):
    """A path leads out of the server's root folder, or to a hidden file."""

    code = "path.forbidden"


STATUS[ForbiddenPathError] = HTTPStatus.FORBIDDEN


def data_forms(spec: ExperimentSpec) -> dict[str, DataSpec]:
    """Return every ``data`` of a document by its field: its own, or the forms of its variants, and the sources joined to them."""
    forms = {"data": spec.data} if spec.data is not None else {}
    varied = spec.variants.data if spec.variants is not None else None
    forms |= {f"variants.data.{name}": form for name, form in (varied or {}).items()}
    joined = {f"{field}.joins.{name}.source": join.source for field, form in forms.items() for name, join in form.joins.items()}
    return forms | joined


class Root:
    """Turns what a request names into paths below the root folder, symbolic links followed.

    Parameters
    ----------
    folder
        The server's root folder.
    hidden
        Whether files and folders whose names begin with a dot may be named.
    """

    def __init__(self, folder: Path, *, hidden: bool = False) -> None:
        self.folder = folder.resolve()
        self.hidden = hidden

    def resolve(self, name: str, field: str, *, base: Path | None = None) -> Path:
        """Return the real path of `name`, which need not exist.

        Raises
        ------
        ForbiddenPathError
            When it leads out of the root folder, as it is written or through a symbolic link, or is hidden.
        """
        start = base or self.folder
        written = Path(os.path.normpath(start / name)) if "\0" not in name else None
        if written is None or "://" in name or name.startswith("~"):  # loaders read "~" as a home folder
            raise ForbiddenPathError("is not the path of a file", field=field, value=name, mend="name a file below the server's folder")
        real = Path(os.path.realpath(start / name))
        # What is written is checked as well as what is meant: a link that leads back in is no reason to name the outside.
        for path in (written, real):
            if not path.is_relative_to(self.folder):
                mend = "choose a place below the folder in which the server was started"
                raise ForbiddenPathError("leads out of the server's folder", field=field, value=name, mend=mend)
            if not self.hidden and any(part.startswith(".") for part in path.relative_to(self.folder).parts):
                raise ForbiddenPathError("is hidden", field=field, value=name, mend="give it a name without a dot in front")
        return real

    def file(self, name: str, field: str = "path", *, base: Path | None = None) -> Path:
        """Return the real path of an existing file; raises `NotFoundError`, or `DataError` for a folder or a pipe."""
        path = self.resolve(name, field, base=base)
        mode = _mode(path)
        if not mode:
            raise NotFoundError("no such file", field=field, value=name)
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
            raise DataError(f"is {what}", field=field, value=name, mend="choose a file")
        return path

    def directory(self, name: str, field: str = "base") -> Path:
        """Return the real path of an existing folder; "" is the root itself."""
        path = self.resolve(name, field)
        mode = _mode(path)
        if not mode:
            raise NotFoundError("no such folder", field=field, value=name)
        if not stat.S_ISDIR(mode):
            raise DataError("is not a folder", field=field, value=name, mend="give the folder of the notebook")
        return path

    def admit(self, spec: ExperimentSpec, base: Path) -> None:
        """Raise `ForbiddenPathError` unless every data file of the document lies below the root folder."""
        for field, form in data_forms(spec).items():
            path = getattr(form, "path", None)
            if path is not None:
                self.resolve(path, f"{field}.path", base=base)
                for file in files_of_several(form, base):
                    self.resolve(str(file), f"{field}.path", base=base)


def files_of_several(form: DataSpec, base: Path) -> list[Path]:
    """Return the files of a pattern or a folder, any of which may be a link; none where there are none yet."""
    if not isinstance(form, ParquetData) or (base / form.path).is_file():
        return []
    from dsframework.data import data_files

    try:
        return data_files(form, base)
    except DataError:
        return []


def _mode(path: Path) -> int:
    """Return the mode of what is there; 0 for what is not there, may not be looked at, or has too long a name."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0
