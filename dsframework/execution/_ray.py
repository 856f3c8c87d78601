"""Fits on Ray: this machine's own by default, a shared cluster by its address."""

from __future__ import annotations

import importlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsframework.errors import ExecutorError, MissingDependencyError, one_line
from dsframework.execution._base import Finished, guarded
from dsframework.execution._blas import hold_blas

__all__ = ["RayExecutor"]


class RayExecutor:
    """Runs every fit as a Ray task; large values lie in Ray's object store once a node and are read without a copy.

    Parameters
    ----------
    address
        A cluster's address; ``RAY_ADDRESS`` by default, and a Ray of this process when there is none.
    cpus, gpus
        What one fit asks Ray for.
    home
        Folder for the token that guards a Ray started here.
    """

    name = "ray"

    def __init__(self, *, address: str | None = None, cpus: int = 1, gpus: float = 0, home: Path) -> None:
        self._ray = _connect(address or os.environ.get("RAY_ADDRESS"), home)
        slots = self._ray.cluster_resources().get("CPU", 1) / cpus
        if gpus:
            slots = min(slots, self._ray.cluster_resources().get("GPU", 0) / gpus)
        if slots < 1:
            raise ExecutorError(
                f"no node has {cpus} CPUs and {gpus:g} GPUs", field="resources", mend="ask for less, or start a larger cluster"
            )
        self._slots = int(slots)
        self._run = self._ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=2)(_task)
        self._running: dict[Any, str] = {}

    @property
    def free(self) -> int:
        """How many more fits are worth submitting: one spare for every slot hides the time to schedule it."""
        return 2 * self._slots - len(self._running)

    def put(self, value: Any) -> Any:
        """Store a value in the object store; returns its reference."""
        return self._ray.put(value)

    def submit(self, key: str, function: Callable[..., Any], *arguments: Any) -> None:
        """Queue a fit."""
        self._running[self._run.remote(function, *arguments)] = key

    def wait(self, timeout: float) -> list[Finished]:
        """Return the fits that finished; a worker that died twice gives an `ExecutorError` as its result."""
        if not self._running:
            return []
        try:
            done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=timeout)
        except self._ray.exceptions.RayError as error:
            raise ExecutorError(
                f"Ray does not answer: {one_line(error)}", mend="start the study again; finished trials are kept"
            ) from error
        return [(self._running.pop(reference), self._get(reference)) for reference in done]

    def _get(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return ExecutorError(f"a worker was lost: {type(error).__name__}: {one_line(error, 200)}")

    def close(self) -> None:
        """Cancel what still runs; the Ray itself stays for the next study of this process."""
        for reference in self._running:
            self._ray.cancel(reference)
        self._running.clear()


def _task(function: Callable[..., Any], *arguments: Any) -> Any:
    hold_blas()
    return guarded(function, arguments)


def _connect(address: str | None, home: Path) -> Any:
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError("ray", "ray") from error
    if ray.is_initialized():
        return ray
    if address is None:
        _guard_with_token(home)
        _read_environment_again()
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "ignore_reinit_error": True}
    if address is None:
        options |= {"address": "local", "include_dashboard": False}
    else:
        options["address"] = address
    try:
        _start(ray, options, attempts=2 if address is None else 1)
    except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        where = address or "on this machine"
        raise ExecutorError(
            f"Ray {where} does not answer: {one_line(error, 200)}", field="resources", mend="check RAY_ADDRESS, or use --executor local"
        ) from error
    return ray


def _start(ray: Any, options: dict[str, Any], attempts: int) -> None:
    """Start or join; a busy machine may take longer than the 30 seconds that Ray gives its own start."""
    try:
        ray.init(**options)
    except Exception as error:
        slow = "timed out during startup" in str(error)
        if type(error) is not Exception and not slow:  # Ray raises a bare Exception when its start takes too long
            raise
        ray.shutdown()
        if attempts <= 1:
            raise RuntimeError(str(error)) from error
        _start(ray, options, attempts - 1)


def _read_environment_again() -> None:
    """Ray's core read its settings when it was imported, which may have been before the token was set."""
    core: Any = importlib.import_module("ray._raylet")
    core.Config.initialize("")
    core.AuthenticationTokenLoader.instance().reset_cache()


def _guard_with_token(home: Path) -> None:
    """A Ray without a token takes jobs from anybody who reaches its port."""
    if "RAY_AUTH_MODE" in os.environ:
        return
    path = home / "ray_token"
    home.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ["RAY_AUTH_TOKEN_PATH"] = str(path)
