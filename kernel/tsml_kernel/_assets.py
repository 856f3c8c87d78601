"""The bundled front end of the widgets, built by ``jlpm build:widgets``."""

from __future__ import annotations

from pathlib import Path

__all__ = ["asset"]

_FOLDER = Path(__file__).parent / "static"
_MISSING = "export default {{ render({{ el }}) {{ el.textContent = {text}; }} }};"


def asset(name: str) -> str:
    """Return the text of a bundle; for a script that was not built, one that says so.

    Parameters
    ----------
    name
        ``live.js``, ``live.css``, ``compare.js`` or ``compare.css``.
    """
    path = _FOLDER / name
    if path.is_file():
        return path.read_text(encoding="utf-8")
    return _MISSING.format(text='"The panel is not built: run jlpm build:widgets"') if name.endswith(".js") else ""
