"""What a worker of Ray printed before it ended, from the files that Ray keeps on its node, and what Ray says of its memory."""

from __future__ import annotations

import importlib
import os
import re
from contextlib import suppress
from pathlib import Path

from dsframework.errors import one_line
from dsframework.execution._said import last_lines

__all__ = ["last_words", "memory_told"]

_TAIL_BYTES = 16_384
_USED = re.compile(r"memory used=([\d.]+ ?GB)")
_NODE = re.compile(r"([\d.]+ ?GB) used / ([\d.]+ ?GB) limit")
_RAYS_OWN = re.compile(r"^:(job_id|task_name|actor_name):.*\n?", re.MULTILINE)


def last_words(pid: int) -> str:
    """Return the last lines that a worker of this node printed, by its process; nothing where Ray keeps none."""
    node = importlib.import_module("ray")._private.worker._global_node
    if node is None:
        return ""
    files = [path for end in ("out", "err") for path in Path(node.get_logs_dir_path()).glob(f"worker-*-{pid}.{end}")]
    return "\n".join(last_lines("".join(_RAYS_OWN.sub("", _tail(path)) for path in files)))


def memory_told(text: str) -> str:
    """Return the figures of what Ray says when it has ended a worker for want of memory; the beginning where there are none.

    >>> memory_told("Memory on the node (IP: 10.0.0.1, ID: 7f) was 15.2GB used / 16.0GB limit (0.95). (pid=1, actual memory used=9.1GB)")
    'its worker held 9.1GB, its node 15.2GB of 16.0GB'
    """
    used, node = _USED.search(text), _NODE.search(text)
    parts = [f"its worker held {used[1]}"] if used else []
    parts += [f"its node {node[1]} of {node[2]}"] if node else []
    return ", ".join(parts) or one_line(text, 200)


def _tail(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        return file.read().decode("utf-8", "replace")
    return ""
