"""The way to Ray: a running one, a cluster by its address, or one started here behind a token."""

from __future__ import annotations

import importlib
import os
import queue
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from dsframework.errors import ExecutorError, MissingDependencyError, one_line
from dsframework.execution._cluster import (
    ask_head,
    head_address,
    is_node,
    not_a_node,
    read_environment_again,
    refuse_other_versions,
    use_token,
    versions_error,
)

__all__ = ["connect", "joined", "leave"]


_asked: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
_starting = threading.Lock()
_keeper: threading.Thread | None = None
_left = 0


def connect(address: str | None, home: Path) -> Any:
    """Return the module `ray`, connected.

    Raises
    ------
    ExecutorError
        When it does not answer, refuses this process's token, has another Python or Ray, or has no node on this machine.
    """
    return _have_done(lambda: _connect(address, home))


def joined() -> int:
    """Return a number that another connection to Ray has changed."""
    return _left


def leave(number: int) -> None:
    """Leave the Ray that was joined under a number of `joined`, unless that has been done; takes some seconds where its head is gone."""

    def shut_down() -> None:
        global _left
        if number == _left:
            _left += 1
            importlib.import_module("ray").shutdown()

    _have_done(shut_down)


def _have_done(work: Callable[[], Any]) -> Any:
    global _keeper
    answer: Future[Any] = Future()
    with _starting:
        if _keeper is None:
            _keeper = threading.Thread(target=_keep, name="tsml-ray-keeper", daemon=True)
            _keeper.start()
    _asked.put((answer, work))
    return answer.result()


def _keep() -> None:
    """Start Ray when it is asked for, and never end: the kernel ends Ray's processes together with the thread that started them."""
    while True:
        answer, work = _asked.get()
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001  # who asked raises it
            answer.set_exception(error)


def _connect(address: str | None, home: Path) -> Any:
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError("ray", "ray") from error
    if ray.is_initialized():
        return ray
    address = head_address(address)
    if address is None:
        _guard_with_token(home)
        os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 leaves workers what the rest of the machine does not want
        read_environment_again()
    else:
        _look_at(address)
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "ignore_reinit_error": True}
    if address is None:
        options |= {"address": "local", "include_dashboard": False}
    else:
        options["address"] = address
    try:
        _start(ray, options, attempts=2 if address is None else 1)
    except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        versions = versions_error(error, address or "")
        if versions is not None:
            raise versions from error
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


def _look_at(address: str) -> None:
    """Say what is wrong with a cluster before Ray tries to join it."""
    use_token()
    refuse_other_versions(ask_head(address))
    if not is_node():
        raise not_a_node(address)
    os.environ.setdefault("RAY_DEFAULT_PYTHON_VERSION_MATCH_LEVEL", "minor")  # its last number changes no pickle and no result


def _guard_with_token(home: Path) -> None:
    """A Ray without a token takes jobs from anybody who reaches its port."""
    if any(name in os.environ for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")):
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
