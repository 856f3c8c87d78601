"""What goes wrong in a magic's own line, before the framework is asked."""

from __future__ import annotations

from dsframework.errors import TsmlError

__all__ = ["MagicError"]


class MagicError(TsmlError):
    """The line of a magic is wrong: an unknown command or option, a missing argument."""

    code = "magic.invalid"
