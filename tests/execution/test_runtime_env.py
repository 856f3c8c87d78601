"""What travels to other machines: code and a few variables, never data or secrets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dsframework import own_code
from dsframework.errors import ExecutorError
from dsframework.execution._runtime_env import code_of, runtime_env
from dsframework.kernels._compile import library_name, sources_key


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec, own modules, data, and what belongs to nobody else."""
    place = tmp_path / "work"
    for name, text in {
        "mine_travels.py": "import near_travels\nfrom pack_travels.deep import inner\nimport numpy\n",
        "near_travels.py": "",
        "unused_travels.py": "",
        "random.py": "raise SystemExit",
        "numpy.py": "raise SystemExit",
        "pack_travels/__init__.py": "",
        "pack_travels/deep/__init__.py": "",
        "pack_travels/deep/inner.py": "from pack_travels import other\n",
        "pack_travels/other.py": "",
        "pack_travels/rows.parquet": "",
        "pack_travels/.secret/a.py": "",
        "pack_travels/__pycache__/a.py": "",
        ".git/a.py": "",
        ".env": "",
        "spec.yaml": "",
        "rows.csv": "",
        "notebook.ipynb": "",
    }.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr(own_code, "_folders", set())
    return place


def held(where: str) -> set[str]:
    return {path.relative_to(where).as_posix() for path in Path(where).rglob("*") if path.is_file()}


def test_of_a_folder_only_its_python_code_travels(folder: Path, tmp_path: Path) -> None:
    found = runtime_env(folder, home=tmp_path / "home")
    packages = {f"pack_travels/{name}" for name in ("__init__.py", "deep/__init__.py", "deep/inner.py", "other.py")}
    assert held(found["working_dir"]) == {"mine_travels.py", "near_travels.py", "unused_travels.py", *packages}


def test_of_a_module_it_and_what_it_imports_travels(folder: Path) -> None:
    packages = {f"pack_travels/{name}" for name in ("__init__.py", "deep/__init__.py", "deep/inner.py", "other.py")}
    assert set(code_of(["mine_travels"])) == {"mine_travels.py", "near_travels.py", *packages}
    assert code_of(["mine_travels"])["near_travels.py"] == folder / "near_travels.py"


def test_the_same_bytes_are_copied_once_and_edited_ones_again(folder: Path, tmp_path: Path) -> None:
    first = runtime_env(folder, home=tmp_path)
    assert runtime_env(folder, home=tmp_path) == first
    (folder / "near_travels.py").write_text("EDITED = True\n")
    second = runtime_env(folder, home=tmp_path)
    assert second["working_dir"] != first["working_dir"]
    assert second["py_modules"] == first["py_modules"]


def test_the_package_works_from_its_copies_alone(folder: Path, tmp_path: Path) -> None:
    """Kernels, version and command line come along; the interpreter sees neither this checkout nor what is installed of it."""
    package, metadata = runtime_env(None, home=tmp_path / "home")["py_modules"]
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    program = f"""
import sys, importlib.metadata
sys.path[:0] = [{str(Path(package).parent)!r}]
sys.path.append({libraries!r})
import numpy as np, dsframework
from dsframework.kernels import library
import dsframework.cli
print(dsframework.__file__, library()._name, importlib.metadata.version("jupyterlab-tsml"))
"""
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TSML_HOME": str(tmp_path / "other")}
    done = subprocess.run([sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    where, kernels, version = done.stdout.split()
    assert where == f"{package}/__init__.py"
    assert kernels == f"{package}/kernels/{Path(kernels).name}"
    assert version in Path(metadata).name


def test_too_much_code_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "large.py").write_bytes(b"#" * 17_000_000)
    with pytest.raises(ExecutorError, match=r"17\.0 MB, at most 16 MB may .*'large\.py'.*; move what is no code"):
        runtime_env(folder, home=tmp_path)


def test_only_variables_that_fits_need_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def travelling() -> Any:
        return runtime_env(None, home=tmp_path)["env_vars"]

    for name in ("AWS_SECRET_ACCESS_KEY", "RAY_AUTH_TOKEN", "JUPYTERHUB_API_TOKEN", "TSML_HOME", "KERAS_BACKEND", "MY_SWITCH"):
        monkeypatch.setenv(name, "x")
    assert travelling().keys() & {"AWS_SECRET_ACCESS_KEY", "RAY_AUTH_TOKEN", "TSML_HOME", "KERAS_BACKEND", "MY_SWITCH"} == {"KERAS_BACKEND"}
    monkeypatch.setenv("TSML_WORKER_VARIABLES", "MY_SWITCH, NOT_SET")
    assert travelling()["MY_SWITCH"] == "x"
    monkeypatch.setenv("TSML_WORKER_VARIABLES", "AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ExecutorError, match=r"TSML_WORKER_VARIABLES: .*'AWS_SECRET_ACCESS_KEY'.*; give secrets to the nodes themselves"):
        travelling()


def test_kernels_of_another_kind_of_machine_give_way_to_installed_ones(tmp_path: Path) -> None:
    package = tmp_path / "travelled" / "dsframework"
    shutil.copytree(Path(own_code.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    travelled = package / "kernels" / library_name()
    installed = tmp_path / "installed" / "dsframework" / "kernels" / library_name()
    installed.parent.mkdir(parents=True)
    shutil.copyfile(travelled, installed)
    travelled.write_bytes(b"of another machine tsml-kernels-key=" + sources_key().encode() + b"\0")
    program = "import sys; sys.path[:0] = sys.argv[1:]; from dsframework.kernels import library; print(library()._name)"
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    command = [sys.executable, "-S", "-I", "-c", program, str(package.parent), str(installed.parents[2]), libraries]
    environment = {"HOME": str(tmp_path), "TSML_HOME": str(tmp_path), "PATH": "", "CC": str(tmp_path / "no-compiler")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == str(installed), done.stderr
    installed.unlink()
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert "KernelError: the compiled kernels are not there" in done.stderr
