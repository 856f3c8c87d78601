"""Compile the C sources of this folder into one shared library.

    python dsframework/kernels/_compile.py [TARGET]

It needs the standard library only, because it runs before anything is installed: the wheel's build, `make setup` and, where a library is
missing or was made from other sources, `dsframework.kernels` itself call it. The library has no Python in it, so that one file serves every
Python of a platform.

The compiler is the one that CC names, else ``cc``, ``gcc`` or ``clang``, else that of the package ``ziglang``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

__all__ = ["CompilerError", "compile_library", "find_compiler", "key_of", "library_name", "sources_key"]

FOLDER = Path(__file__).resolve().parent
_KEY = b"tsml-kernels-key="
# No flag may change a result: no fast math, and no product and sum fused into one rounding, which some processors have and some have not.
_FLAGS = ("-std=c11", "-O3", "-g0", "-shared", "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
_WARNINGS = ("-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-unused-function")


class CompilerError(RuntimeError):
    """There is no compiler, or it refused the sources; the message is one line."""


def sources(pattern: str = "*.[ch]") -> list[Path]:
    """Return the C files of this folder, sorted by name."""
    return sorted(FOLDER.glob(pattern))


def sources_key() -> str:
    """Return a hash of everything that the library is made from."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


def key_of(library: Path) -> str | None:
    """Return the hash that a library was made from, or None when it has none; the library is read and not loaded."""
    try:
        _, found, rest = library.read_bytes().partition(_KEY)
    except OSError:
        return None
    return rest.partition(b"\0")[0].decode("ascii", "replace") if found else None


def library_name() -> str:
    """Return the file name of the library on this platform."""
    return "tsml_kernels" + {"Windows": ".dll", "Darwin": ".dylib"}.get(platform.system(), ".so")


def find_compiler() -> list[str]:
    """Return the command of a C compiler; raises `CompilerError` when there is none."""
    named = os.environ.get("CC")
    if named:
        return shlex.split(named)
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return [found]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"]  # its default is the machine that it runs on
    raise CompilerError("there is no C compiler; install gcc or clang, or pip install ziglang")


def compile_library(target: Path) -> Path:
    """Make the library and put it at `target` in one step; raises `CompilerError`.

    A process that has loaded an older library from there keeps it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".compile-") as folder:
        made = Path(folder) / target.name
        command = [*find_compiler(), *_FLAGS, *_WARNINGS, *_of_platform(), f'-DTSML_KEY="{sources_key()}"', "-o", str(made)]
        command += [*map(str, sources("*.c")), *([] if platform.system() == "Windows" else ["-lm"])]
        cache = {"ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **cache})
        if done.returncode or not made.is_file():
            raise CompilerError(f"the compiler {command[0]} failed: {_first_error(done.stderr)}")
        made.replace(target)
    return target


def _of_platform() -> list[str]:
    if platform.system() != "Darwin":
        return [] if platform.system() == "Windows" else ["-fPIC"]
    wanted = sysconfig.get_platform()  # such as macosx-11.0-universal2, which is also the wheel's tag
    both = ["-arch", "arm64", "-arch", "x86_64"] if wanted.endswith("universal2") else ["-arch", platform.machine()]
    return ["-fPIC", *both, f"-mmacosx-version-min={wanted.split('-')[1]}"]


def _first_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[0] if lines else "it said nothing")


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER / library_name()
    try:
        print(place if key_of(place) == sources_key() else compile_library(place))  # noqa: T201
    except CompilerError as error:
        raise SystemExit(f"kernels: {error}") from None
