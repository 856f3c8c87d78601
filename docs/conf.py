"""Sphinx configuration; the build needs no network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from reference_pages import write_all

project = "jupyterlab-tsml"
author = "The jupyterlab-tsml developers"
copyright = "2026, the jupyterlab-tsml developers"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]
html_theme = "furo"
html_title = "jupyterlab-tsml"

write_all(Path(__file__).parent / "reference")
