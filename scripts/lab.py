"""Open JupyterLab on the Start here notebook, with a local Ray and MLflow on SQLite, and end all of it on Ctrl-C.

    .venv/bin/python scripts/lab.py [--port 8888] [--no-ray] [NOTEBOOK]

Ray lives in this process, behind a token that only this user can read; kernels find it by ``RAY_ADDRESS``. Its dashboard, which takes
detached studies as jobs, listens on this machine only and asks for the token too. All of it ends with this process, as does JupyterLab
with its kernels. Nothing that this process did not start is touched.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_HERE = Path("examples") / "start_here.ipynb"
RAY_ATTEMPTS = 3
_STOP_WITHIN = 20.0


def home() -> Path:
    """Return the folder of MLflow's SQLite file and the Ray token: TSML_HOME, or ``~/.tsml``."""
    folder = Path(os.environ.get("TSML_HOME") or Path.home() / ".tsml").expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def ray_token(folder: Path) -> Path:
    """Return the path of the Ray token, made once and readable by this user only."""
    path = folder / "ray.token"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(32))
    path.chmod(0o600)
    return path


def start_ray(folder: Path) -> str | None:
    """Start a Ray of our own in this process and return its address, or None when Ray is not installed or does not start."""
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(ray_token(folder)), RAY_USAGE_STATS_ENABLED="0")
    os.environ.setdefault("RAY_worker_niceness", "0")
    os.environ.pop("RAY_ADDRESS", None)
    try:
        import ray
    except ImportError:
        print('lab: Ray is not installed, so only the local executor is there; pip install "jupyterlab-tsml[ray]"', flush=True)
        return None
    for attempt in range(1, RAY_ATTEMPTS + 1):
        jobs = attempt < RAY_ATTEMPTS  # a starved machine may give a Ray without a dashboard
        dashboard: dict[str, Any] = {"include_dashboard": jobs, **({"dashboard_host": "127.0.0.1"} if jobs else {})}
        try:
            ray.init(address="local", log_to_driver=False, logging_level=logging.CRITICAL, **dashboard)
        except Exception as error:  # noqa: BLE001  (Ray itself raises a bare Exception when a busy machine starts it too slowly)
            ray.shutdown()
            reason = " ".join(str(error).split())[:300]
            print(f"lab: Ray did not start, attempt {attempt} of {RAY_ATTEMPTS}: {reason}", flush=True)
        else:
            if not jobs:
                print("lab: Ray has no dashboard, so that detached studies are processes of their own", flush=True)
            return str(ray.get_runtime_context().gcs_address)
    print("lab: going on without Ray; the local executor is there", flush=True)
    return None


def has_browser() -> bool:
    """Whether there is a screen that a browser could open on."""
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def lab_command(port: int, notebook: Path) -> list[str]:
    """Return JupyterLab's command line."""
    command = [
        sys.executable, "-m", "jupyterlab",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{notebook.as_posix()}",
    ]  # fmt: skip
    if not has_browser():
        command.append("--no-browser")
    if os.geteuid() == 0:
        command.append("--allow-root")
    return command


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask JupyterLab to end (it shuts its kernels down) and kill it when it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(_STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def main(arguments: list[str] | None = None) -> int:
    """Run JupyterLab until it ends or somebody presses Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebook", nargs="?", type=Path, default=START_HERE)
    parser.add_argument("--port", type=int, default=8888, help="the first port to try")
    parser.add_argument("--no-ray", action="store_true", help="without a local Ray")
    options = parser.parse_args(arguments)
    folder = home()
    os.environ["TSML_HOME"] = str(folder)
    signal.signal(signal.SIGTERM, _interrupt)
    started = time.monotonic()
    address = None if options.no_ray else start_ray(folder)
    if address:
        os.environ["RAY_ADDRESS"] = address
        print(f"lab: Ray at {address}, ready after {time.monotonic() - started:.0f} s (token: {folder / 'ray.token'})", flush=True)
    where = os.environ.get("MLFLOW_TRACKING_URI") or f"SQLite in {folder}"
    print(f"lab: MLflow: {where}", flush=True)
    print("lab: JupyterLab starts; its URL follows. Ctrl-C ends it, its kernels and Ray.", flush=True)
    process = subprocess.Popen(lab_command(options.port, options.notebook), cwd=ROOT, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        print("\nlab: ending JupyterLab" + (" and Ray" if address else ""), flush=True)
        stop(process)
        return 0
    finally:
        stop(process)
        if address:
            import ray

            ray.shutdown()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
