"""The wheel: built without Node or a compiler, it holds the front end and the kernels and installs into an empty environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from dsframework.kernels._compile import library_name

ROOT = Path(__file__).resolve().parents[2]
SHARED = "share/jupyter/labextensions/jupyterlab-tsml"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the built front end and kernels, with neither Node nor a compiler on the PATH."""
    if not (ROOT / "jupyterlab_tsml" / "labextension" / "static" / "style.js").is_file():
        pytest.skip("the labextension is not built; run make setup")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "PATH": "/usr/sbin:/sbin"})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_is_for_every_python_of_this_platform_and_has_the_version_of_package_json(wheel: Path) -> None:
    version = json.loads((ROOT / "package.json").read_text())["version"]
    assert wheel.name.startswith(f"jupyterlab_tsml-{version}-py3-none-")
    (tag,) = parse_wheel_filename(wheel.name)[3]
    assert tag.platform != "any"
    assert tag in set(sys_tags())


def test_wheel_holds_the_four_packages_under_their_own_names(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names if not name.split("/")[0].endswith((".data", ".dist-info"))}
    assert tops == {"dsframework", "jupyterlab_tsml", "tsml_kernel", "tsml_hub"}


def test_wheel_holds_the_labextension_and_the_widgets(names: list[str]) -> None:
    data = [name.split(".data/data/")[1] for name in names if ".data/data/" in name]
    assert f"{SHARED}/package.json" in data
    assert f"{SHARED}/install.json" in data
    assert any(name.startswith(f"{SHARED}/static/remoteEntry.") and name.endswith(".js") for name in data)
    assert any(name.startswith(f"{SHARED}/schemas/") for name in data)
    assert "etc/jupyter/jupyter_server_config.d/jupyterlab_tsml.json" in data
    assert {"tsml_kernel/static/live.js", "tsml_kernel/static/compare.js"} <= set(names)


def test_wheel_holds_the_library_and_what_it_is_made_from(names: list[str]) -> None:
    kernels = {name.rpartition("/")[2] for name in names if name.startswith("dsframework/kernels/")}
    assert {library_name(), "_compile.py", "tsml.h", "isa.c"} <= kernels


def test_wheel_holds_no_source_map_and_no_development_bundle(wheel: Path, names: list[str]) -> None:
    assert [name for name in names if name.endswith(".map")] == []
    with zipfile.ZipFile(wheel) as archive:
        scripts = [name for name in names if name.endswith(".js")]
        assert [name for name in scripts if b"//# sourceMappingURL=" in archive.read(name)] == []
        assert [name for name in scripts if b"/*! namespace exports */" in archive.read(name)] == []


def test_wheel_holds_no_tests_and_no_front_end_sources(names: list[str]) -> None:
    assert [name for name in names if name.endswith((".ts", ".tsx", "yarn.lock")) or "/tests/" in f"/{name}"] == []


def test_wheel_installs_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)],
        check=True,
        timeout=120,
    )
    listed = json.loads((environment / SHARED / "package.json").read_text())
    assert listed["name"] == "jupyterlab-tsml"
    assert (environment / SHARED / listed["jupyterlab"]["_build"]["load"]).is_file()
    assert (environment / "bin" / "tsml").is_file()
    done = subprocess.run(
        [str(python), "-P", "-c", "import dsframework.errors as e; print(e.__file__)"], capture_output=True, text=True, check=True
    )
    assert str(environment) in done.stdout
    compiling = environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages" / "dsframework" / "kernels"
    made = subprocess.run([str(python), str(compiling / "_compile.py")], capture_output=True, text=True, check=True, env={"PATH": ""})
    assert made.stdout.strip() == str(compiling / library_name())  # there already: no compiler was asked for
