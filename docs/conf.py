"""Sphinx configuration; the build needs no network."""

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
