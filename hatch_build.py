"""The wheel's build compiles the kernels of the framework and names the platform that they are for."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

KERNELS = Path("dsframework") / "kernels"


class KernelsHook(BuildHookInterface[Any]):
    """Compile the library where it is not there already from the same sources (as `make setup` leaves it)."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return the compiler's package where the machine has no compiler of its own and no library that fits."""
        compiling = self._compiling()
        if self._is_made(compiling):
            return []
        try:
            compiling.find_compiler()
        except compiling.CompilerError:
            return ["ziglang>=0.13"]
        return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the library and put it into the wheel, whose tag becomes ``py3-none-<platform>``."""
        if self.target_name != "wheel":
            return
        compiling = self._compiling()
        library = KERNELS / compiling.library_name()
        if not self._is_made(compiling):
            compiling.compile_library(Path(self.root) / library)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"
        build_data["artifacts"].append(library.as_posix())

    def _compiling(self) -> ModuleType:
        path = Path(self.root) / KERNELS / "_compile.py"
        spec = importlib.util.spec_from_file_location("tsml_compile", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _is_made(self, compiling: ModuleType) -> bool:
        library = Path(self.root) / KERNELS / compiling.library_name()
        return bool(compiling.key_of(library) == compiling.sources_key())


def _platform() -> str:
    """Return the platform that the library runs on: this one, and on Linux the libc that it was made with or a newer one."""
    if sys.platform == "linux":
        tags = list(platform_tags())
        return next((tag for tag in tags if tag.startswith(("manylinux", "musllinux"))), tags[0])
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
