"""The command line: ``tsml``. Parses, calls one function, and shows."""

from dsframework.cli._main import main

__all__ = ["main"]
