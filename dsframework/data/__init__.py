"""Rows come in here: loaders, the checked and fingerprinted `Panel`, a look at a file, and the exchange's sessions."""

from dsframework.calendars import is_session, last_session, next_sessions, sessions_between
from dsframework.data._base import Loader, LoadRequest
from dsframework.data._checks import check_columns, find_column
from dsframework.data._inspect import UNCHECKED
from dsframework.data._panel import Panel, load_panel
from dsframework.data._place import naming
from dsframework.data._preview import preview_file
from dsframework.data._registry import loader_names, loader_requirements, register_loader
from dsframework.data._watch import data_files, file_states

__all__ = [
    "UNCHECKED",
    "LoadRequest",
    "Loader",
    "Panel",
    "check_columns",
    "data_files",
    "file_states",
    "find_column",
    "is_session",
    "last_session",
    "load_panel",
    "loader_names",
    "loader_requirements",
    "naming",
    "next_sessions",
    "preview_file",
    "register_loader",
    "sessions_between",
]
