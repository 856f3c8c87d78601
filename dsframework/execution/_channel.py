"""Messages between processes of one machine, with open files beside them."""

from __future__ import annotations

import pickle
import socket
import struct
from collections import deque
from typing import Any

__all__ = ["Channel", "Closed"]

_HEAD = struct.Struct("<Q?")
_PIECE = 1 << 20


class Closed(Exception):  # noqa: N818  (not a mistake: the other side has ended)
    """The other side is gone."""


class Channel:
    """One end of a pair of sockets. Sending never waits: what the other side does not take yet is kept and sent by `flush`."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self._out: deque[tuple[memoryview, int | None]] = deque()
        self._in = bytearray()
        self._files: deque[int] = deque()

    def fileno(self) -> int:
        """The descriptor, for a selector."""
        return self.socket.fileno()

    @property
    def unsent(self) -> bool:
        """Whether something is kept that was not sent yet."""
        return bool(self._out)

    def send(self, message: Any, file: int | None = None) -> None:
        """Queue a message, which may carry an open file, and send what can be sent.

        Raises
        ------
        Closed
            When the other side is gone.
        """
        body = pickle.dumps(message, protocol=5)
        self._out.append((memoryview(_HEAD.pack(len(body), file is not None)), file))
        self._out.append((memoryview(body), None))
        self.flush()

    def flush(self) -> None:
        """Send what can be sent now."""
        while self._out:
            part, file = self._out[0]
            try:
                sent = socket.send_fds(self.socket, [part], [file]) if file is not None else self.socket.send(part)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                raise Closed from error
            if sent == len(part):
                self._out.popleft()
            else:
                self._out[0] = (part[sent:], None)  # the file went with the first byte

    def receive(self) -> list[tuple[Any, int | None]]:
        """Return the messages that have come in whole, each with its file; waits for some bytes if the socket does.

        Raises
        ------
        Closed
            When the other side is gone.
        """
        try:
            piece, files, _, _ = socket.recv_fds(self.socket, _PIECE, 16)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise Closed from error
        if not piece:
            raise Closed
        self._in += piece
        self._files.extend(files)
        return self._whole()

    def _whole(self) -> list[tuple[Any, int | None]]:
        found = []
        start = 0
        while len(self._in) - start >= _HEAD.size:
            length, with_file = _HEAD.unpack_from(self._in, start)
            if len(self._in) - start - _HEAD.size < length:
                break
            start += _HEAD.size
            message = pickle.loads(bytes(self._in[start : start + length]))  # noqa: S301  # between our own processes
            found.append((message, self._files.popleft() if with_file else None))
            start += length
        del self._in[:start]
        return found

    def close(self) -> None:
        """Close this end."""
        self.socket.close()
