"""The command line: ``tsml``. Parses, calls one function, and shows."""

from dsframework.cli._main import build_parser, main

__all__ = ["build_parser", "main"]
