"""What fits need on machines that are not this one: this package, the user's own modules and a few variables, as a Ray `runtime_env`.

Libraries do not travel: a cluster has its own, whose versions are compared (`_versions`). Neither do data nor secrets.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dsframework.errors import ExecutorError
from dsframework.own_code import is_foreign, own_sources

__all__ = ["code_of", "digest_of", "environment_of", "runtime_env", "uploaded"]

_DISTRIBUTION = "jupyterlab-tsml"
_PACKAGE = Path(__file__).resolve().parents[1]
_LIMIT = 16e6
_NAMED = "TSML_WORKER_VARIABLES"
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|KEY$", re.IGNORECASE)
_VARIABLES = (
    "ATEN_CPU_CAPABILITY", "CUBLAS_WORKSPACE_CONFIG", "KERAS_BACKEND", "LANG", "LC_ALL", "MKL_CBWR", "NPY_DISABLE_CPU_FEATURES",
    "OPENBLAS_CORETYPE", "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONWARNINGS", "TZ",
)  # fmt: skip
"""What may change a number or a message; every other variable stays here unless `TSML_WORKER_VARIABLES` names it."""

Files = dict[str, Path]


def runtime_env(folder: Path | None, *, home: Path, modules: Iterable[str] = ()) -> dict[str, Any]:
    """Return what workers or a job elsewhere need, for `ray.init`, for a job, or for an actor after `uploaded`.

    Parameters
    ----------
    folder
        Where the document stands: the Python files and packages in it travel, and nothing else. None where `modules` is all there is.
    home
        The copies are made below this folder, once for the same bytes.
    modules
        Own modules by name, wherever they are found; those that they import come along.

    Returns
    -------
    dict
        ``py_modules`` (this package with its compiled kernels, and its metadata), ``working_dir`` (own code, where there is some) and
        ``env_vars``.

    Raises
    ------
    ExecutorError
        When the own code is larger than 16 MB, or a variable that is to travel has the name of a secret.
    """
    return environment_of({**(_beside(folder) if folder else {}), **code_of(modules)}, home)


def environment_of(code: Mapping[str, Path], home: Path) -> dict[str, Any]:
    """Return the same for own files that were looked for already."""
    found: dict[str, Any] = {"py_modules": _framework(home), "env_vars": _variables()}
    if code:
        found["working_dir"] = str(_copied(code, home, "code"))
    return found


def uploaded(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Store the folders of a `runtime_env` in the cluster that this process is connected to, where they are not there yet.

    Ray does so for jobs only; actors are given the addresses that this returns.
    """
    from ray._private.runtime_env.py_modules import upload_py_modules_if_needed
    from ray._private.runtime_env.working_dir import upload_working_dir_if_needed

    with tempfile.TemporaryDirectory(prefix="tsml-upload-") as scratch:
        found: dict[str, Any] = dict(environment)
        for upload in (upload_py_modules_if_needed, upload_working_dir_if_needed):
            found = upload(found, include_gitignore=False, scratch_dir=scratch)
        return found


def code_of(modules: Iterable[str]) -> Files:
    """Return the files of own modules, of those that they import and of the packages around them, by where they go."""
    found: Files = {}
    waiting = list(modules)
    seen = set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for module, file in own_sources(name).items():
            *packages, last = module.split(".")
            inside = [*packages, last] if file.stem == "__init__" else packages
            found["/".join([*inside, file.name])] = file
            waiting += [".".join(packages[:depth]) for depth in range(1, len(packages) + 1)]
    return found


def _beside(folder: Path) -> Files:
    """The modules and packages of a folder that an import there would find."""
    found: Files = {}
    for entry in sorted(folder.iterdir()):
        if not entry.stem.isidentifier() or is_foreign(entry.stem):
            continue
        if entry.suffix == ".py" and entry.is_file():
            found[entry.name] = entry
        elif (entry / "__init__.py").is_file():
            inside = (file for file in sorted(entry.rglob("*.py")) if file.is_file())
            found |= {file.relative_to(folder).as_posix(): file for file in inside if not _is_hidden(file.relative_to(folder))}
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _framework(home: Path) -> list[str]:
    """Copies of this package and of what is known of it as a distribution."""
    sources = {f"{_PACKAGE.name}/{path.relative_to(_PACKAGE).as_posix()}": path for path in sorted(_PACKAGE.rglob("*")) if path.is_file()}
    folder = _copied({name: path for name, path in sources.items() if not _is_hidden(Path(name))}, home, "framework", limit=None)
    return [str(folder / _PACKAGE.name), *_metadata(folder)]


def _metadata(folder: Path) -> list[str]:
    try:
        known = importlib.metadata.distribution(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return []
    place = folder / f"{_DISTRIBUTION.replace('-', '_')}-{known.version}.dist-info"
    place.mkdir(exist_ok=True)
    text = f"Metadata-Version: 2.1\nName: {_DISTRIBUTION}\nVersion: {known.version}\n"
    if not (place / "METADATA").is_file():
        fresh = place / f".METADATA.{os.getpid()}"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(place / "METADATA")
    return [str(place)]


def _copied(files: Mapping[str, Path], home: Path, kind: str, limit: float | None = _LIMIT) -> Path:
    """Copy files to a folder that is named after what is in them; a copy that is there already is used."""
    size = sum(file.stat().st_size for file in files.values())
    if limit is not None and size > limit:
        largest = max(files, key=lambda name: files[name].stat().st_size)
        raise ExecutorError(
            f"the code that travels to the cluster has {size / 1e6:.1f} MB, at most {limit / 1e6:.0f} MB may",
            field="executor",
            value=largest,
            mend="move what is no code of the study out of the folder, or install it on the cluster",
        )
    target = home / "runtime_env" / f"{kind}-{digest_of(files)}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{kind}-") as fresh:
        made = Path(fresh) / "made"
        for name, file in files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, made / name)
        try:
            made.rename(target)
        except OSError:  # another process was faster
            if not target.is_dir():
                raise
    return target


def digest_of(files: Mapping[str, Path]) -> str:
    """Return a name for files and what is in them."""
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:20]


def _variables() -> dict[str, str]:
    named = [name.strip() for name in os.environ.get(_NAMED, "").split(",") if name.strip()]
    for name in named:
        if _SECRET.search(name):
            raise ExecutorError(
                "everybody who may see the cluster sees the variables of its workers",
                field=_NAMED,
                value=name,
                mend="give secrets to the nodes themselves, such as a Kubernetes Secret",
            )
    return {name: os.environ[name] for name in (*_VARIABLES, *named) if name in os.environ}
