"""A real PostgreSQL, started where its programs are found."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def _programs() -> dict[str, str] | None:
    places = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ.get("PATH", "")]
    found = {name: shutil.which(name, path=os.pathsep.join(places)) for name in ("initdb", "pg_ctl", "postgres")}
    return {name: path for name, path in found.items() if path} if all(found.values()) else None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database; PostgreSQL refuses to run as root, so that it runs as `nobody` then."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL (initdb, pg_ctl, postgres) on the PATH")
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    data = str(folder / "data")
    (folder / "password").write_text("s3cret-word\n")
    (folder / "password").chmod(0o644)
    run(programs["initdb"], "-D", data, "-U", "tsml", "-A", "md5", f"--pwfile={folder / 'password'}", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(programs["pg_ctl"], "-D", data, "-w", "-t", "60", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://tsml:s3cret-word@127.0.0.1:{port}/postgres"
    finally:
        run(programs["pg_ctl"], "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
