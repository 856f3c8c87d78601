"""Set everything up: the Python environment, the node modules, the built extension, Airflow's environment and Chromium.

    python3 scripts/setup_environment.py [lab]

Every thing is made once and again only when what it is made from has changed, so a second call does nothing and says so.
Only the standard library is needed. With the argument ``lab`` the things that only tests need are left out.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from things import ROOT, STATE, Thing, UnavailableError, content_key, make_all, run_logged, say

VENV = ROOT / ".venv"
AIRFLOW = ROOT / ".venvs" / "airflow"
KERNELS = ROOT / "dsframework" / "kernels"
LABEXTENSION = ROOT / "jupyterlab_tsml" / "labextension"
LOCK = ROOT / "requirements" / "lab.txt"
EXTRAS = "ray,boosting,search,keras,statistics,tsfresh,test,docs"
PYTHON_FLOOR = (3, 11)
NODE_FLOOR = 20
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LAB_SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def check_tools() -> list[str]:
    """Return one line for every tool that is missing or too old."""
    problems = []
    if sys.version_info < PYTHON_FLOOR:
        problems.append(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; name another one with PYTHON=...")
    if importlib.util.find_spec("ensurepip") is None:
        problems.append("this Python has no ensurepip; on Debian: apt-get install python3-venv")
    node = shutil.which("node")
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip() if node else "none"
    major = re.match(r"v(\d+)", found)
    if major is None or int(major.group(1)) < NODE_FLOOR:
        problems.append(f"Node {NODE_FLOOR} or newer is needed (found: {found}); see https://nodejs.org")
    return problems


def find_chromium() -> str | None:
    """Return the browser that the tests drive: TSML_CHROMIUM, or the first Chromium on the PATH."""
    named = os.environ.get("TSML_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


def _packages_key() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    chosen = {part: project[part] for part in ("project", "build-system")}
    chosen["project"] = {key: value for key, value in chosen["project"].items() if key != "description"}
    version = json.loads((ROOT / "package.json").read_text())["version"]
    config = ROOT / "jupyter-config"
    return content_key([LOCK, config], json.dumps([chosen, version, sys.version_info[:2], EXTRAS, LAB_SETTINGS], sort_keys=True))


def _link_labextension() -> None:
    link = VENV / "share" / "jupyter" / "labextensions" / "jupyterlab-tsml"
    if link.is_symlink():
        link.unlink()
    elif link.is_dir():
        shutil.rmtree(link)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(LABEXTENSION, link.parent), target_is_directory=True)


def _write_lab_settings() -> None:
    """Let this environment's JupyterLab ask nobody outside: its first view is the notebook, not a question about news."""
    overrides = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    overrides.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text(json.dumps(LAB_SETTINGS, indent=1))


def _make_venv(log: Path) -> None:
    if not (VENV / "bin" / "python").exists():
        run_logged([sys.executable, "-m", "venv", VENV], log)
    run_logged([VENV / "bin" / "python", *_PIP, "install", "-c", LOCK, "pip", "jupyter-builder"], log)


def _make_packages(log: Path) -> None:
    link = VENV / "share" / "jupyter" / "labextensions" / "jupyterlab-tsml"
    if link.is_symlink():  # else pip would remove the files behind the link
        link.unlink()
    run_logged([VENV / "bin" / "python", *_PIP, "install", "-c", LOCK, "-e", f".[{EXTRAS}]"], log, env={"SKIP_JUPYTER_BUILDER": "1"})
    _link_labextension()
    _write_lab_settings()


def _make_kernels(log: Path) -> None:
    python = VENV / "bin" / "python"
    if not os.environ.get("CC") and not any(map(shutil.which, ("cc", "gcc", "clang"))):
        run_logged([python, *_PIP, "install", "ziglang"], log)
    run_logged([python, KERNELS / "_compile.py"], log)


def _make_node_modules(log: Path) -> None:
    run_logged([VENV / "bin" / "jlpm", "install", "--immutable"], log, env=_node_env())


def _make_labextension(log: Path) -> None:
    run_logged([VENV / "bin" / "jlpm", "build:prod"], log, env=_node_env())
    _link_labextension()


def _node_env() -> dict[str, str]:
    return {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}", "YARN_ENABLE_TELEMETRY": "0", "CI": "1"}


def _make_airflow(log: Path) -> None:
    if not (AIRFLOW / "bin" / "python").exists():
        run_logged([sys.executable, "-m", "venv", AIRFLOW], log)
    run_logged([AIRFLOW / "bin" / "python", *_PIP, "install", "-r", ROOT / "requirements" / "airflow.txt"], log)


def _make_chromium(log: Path) -> None:
    if find_chromium() is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise UnavailableError("no Chromium on the PATH; install it, or name it in TSML_CHROMIUM")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run_logged(["apt-get", "update", "-q"], log, env=quiet)
        run_logged(["apt-get", "install", "-qy", "--no-install-recommends", "chromium", "fonts-dejavu-core"], log, env=quiet)
    found = find_chromium()
    if found is None:
        raise UnavailableError("Chromium was installed but is not on the PATH")
    link = STATE / "chromium"  # a dangling link is a browser that was removed: then it is looked for again
    link.unlink(missing_ok=True)
    link.symlink_to(found)


def _kernel_sources() -> list[Path]:
    return [KERNELS / "_compile.py", *sorted(KERNELS.glob("*.[ch]"))]


def _node_sources() -> list[Path]:
    return [ROOT / "package.json", ROOT / "yarn.lock", ROOT / ".yarnrc.yml"]


def _front_end_sources() -> list[Path]:
    configuration = [path for pattern in ("*.js", "*.mjs", "*.cjs", "tsconfig*.json") for path in ROOT.glob(pattern)]
    folders = [ROOT / "src", ROOT / "style", ROOT / "schema"]
    return [*folders, *_node_sources(), *configuration]


def _is_production_build() -> bool:
    """Whether the built extension is there and is not the development bundle of `jlpm build` or `jlpm watch`."""
    return (LABEXTENSION / "package.json").is_file() and not any((LABEXTENSION / "static").glob("*.map"))


def all_things() -> list[Thing]:
    """Return everything that the set-up makes, each after what it needs."""
    python = str(sys.version_info[:2])
    airflow_pins = ROOT / "requirements" / "airflow.txt"
    return [
        Thing("venv", (VENV / "bin" / "jlpm").exists, lambda: content_key([], python), _make_venv),
        Thing("node-modules", (ROOT / "node_modules").is_dir, lambda: content_key(_node_sources()), _make_node_modules, ("venv",)),
        Thing("chromium", (STATE / "chromium").exists, lambda: content_key([]), _make_chromium, serves="the browser test"),
        Thing("kernels", lambda: any(KERNELS.glob("tsml_kernels.*")), lambda: content_key(_kernel_sources()), _make_kernels, ("venv",)),
        Thing("packages", (VENV / "bin" / "tsml").exists, _packages_key, _make_packages, ("kernels",)),
        Thing(
            "labextension",
            _is_production_build,
            lambda: content_key(_front_end_sources()),
            _make_labextension,
            ("packages", "node-modules"),
        ),
        Thing(
            "airflow",
            (AIRFLOW / "bin" / "airflow").exists,
            lambda: content_key([airflow_pins], python),
            _make_airflow,
            ("packages",),
            serves="the tests with a real Airflow",
        ),
    ]


def main(arguments: list[str]) -> int:
    """Set up what `make setup` (or, with ``lab``, `make lab`) needs; return the exit code."""
    problems = check_tools()
    for problem in problems:
        say(f"setup: {problem}")
    if problems:
        return 1
    only_tests = {"chromium", "airflow"}
    things = [thing for thing in all_things() if not ("lab" in arguments and thing.name in only_tests)]
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if make_all(things) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
