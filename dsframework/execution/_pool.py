"""The workers of this machine, shared by all studies of this process.

A thread feeds them and takes in what they finish, whatever the rest of the process does. Workers stay for a minute after the last study,
so that the next one finds them warm. Nothing is left behind when this process dies: the workers' parent sees its socket close and ends,
and the kernel ends the workers with it.
"""

from __future__ import annotations

import itertools
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from dsframework.errors import ExecutorError
from dsframework.execution import _mark
from dsframework.execution._at_work import AtWork
from dsframework.execution._batch import Done, packed_batch
from dsframework.execution._channel import Channel, Closed
from dsframework.execution._crew import HERE, Crew, Value
from dsframework.execution._dispatch import Dispatcher, Loss, Queue
from dsframework.execution._machine import gpus_of_seat, visible_gpus
from dsframework.execution._oom import OutOfMemory
from dsframework.execution._packing import Block, unpack
from dsframework.execution._said import last_lines
from dsframework.execution._surroundings import BLAS_THREADS, Surroundings, current_folder, places_of_modules, surroundings
from dsframework.execution._work import Handle

__all__ = ["Pool", "shared_pool"]

_IDLE_SECONDS = 60.0
_LOOK_SECONDS = 0.25
_GRACE_SECONDS = 1.0
_STARTS = 3


@dataclass
class _Member:
    """A worker as this process sees it."""

    channel: Channel
    mark: int
    seat: int = 0
    pid: int = 0
    answered: int = 0
    has: set[int] = field(default_factory=set)
    doomed: Loss | None = None
    watched: int = selectors.EVENT_READ
    environment: Surroundings | None = None

    def begun(self) -> tuple[int, float]:
        """How many tasks it has begun, and when the last, on the monotonic clock."""
        return _mark.begun(self.mark)


class Pool(Crew):
    """See the module's text; `shared_pool` gives this process's own.

    Parameters
    ----------
    gpus
        How many GPUs, or which part of one, a fit takes: every worker sees those that it may use, and no others; 0 where fits take none.
    """

    def __init__(self, gpus: float = 0) -> None:
        super().__init__()
        self._gpus = gpus
        self._members: dict[int, _Member] = {}
        self._nursery: Channel | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._selector: selectors.BaseSelector | None = None
        self._thread: threading.Thread | None = None
        self._wake: tuple[int, int] | None = None
        self._idle_since = time.monotonic()
        self._starts = 0
        self._environments: dict[int, Surroundings] = {}
        self._memory = OutOfMemory()

    def _let_go(self, busy: list[int]) -> None:
        self._idle_since = time.monotonic()
        self._environments = {number: one for number, one in self._environments.items() if number in self._queues}
        for worker in busy:
            member = self._members.get(worker)
            if member is not None:
                late = threading.Timer(_GRACE_SECONDS, self._end_late, (worker, member.begun()[0]))
                late.daemon = True
                late.start()

    def _end_late(self, worker: int, begun: int) -> None:
        """End a worker that is still at the task of a study that was closed."""
        with self._lock:
            member = self._members.get(worker)
            if member is not None and self._dispatch.running(worker) is not None and member.begun()[0] == begun:
                self._doom(member, Loss("its study was stopped"))

    def _see(self, worker: int, key: str | None) -> AtWork:
        member = self._members[worker]
        count, since = member.begun()
        here = AtWork(member.pid, f"pid {member.pid}", done=member.answered)
        if key is None:
            return here
        seconds = time.monotonic() - since if count > member.answered else 0.0
        return replace(here, key=key, seconds=seconds, curve=_mark.told(member.mark, count) if count > member.answered else None)

    def _why(self, queue: Queue) -> str:
        ready = [worker for worker in self._dispatch.workers if worker > HERE]
        if not ready:
            return "the workers of this machine are being started"
        return f"the {len(ready)} workers of this machine are busy with other studies"

    # The thread.

    def _begin(self) -> None:
        self._broken, self._starts = None, 0
        if self._thread is None:
            self._start_thread()
        self._environments[max(self._queues)] = surroundings()
        self._poke()

    def _start_thread(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake = os.pipe()
        for descriptor in self._wake:
            os.set_blocking(descriptor, False)
        self._selector.register(self._wake[0], selectors.EVENT_READ, self._woken)
        self._thread = threading.Thread(target=self._run, name="tsml-pool", daemon=True)
        self._thread.start()

    def _poke(self) -> None:
        if self._wake is not None:
            with suppress(BlockingIOError):
                os.write(self._wake[1], b"x")

    def _woken(self) -> None:
        assert self._wake is not None
        with suppress(BlockingIOError):
            os.read(self._wake[0], 4096)

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except Exception as error:
            with self._lock:  # a study that waits must hear of it
                self._broken = ExecutorError(f"the thread that feeds the workers failed: {type(error).__name__}: {error}")
                self._lock.notify_all()
            raise

    def _step(self) -> bool:
        """Take in what there is, send what can be sent; returns whether to go on."""
        assert self._selector is not None
        for key, _ in self._selector.select(_LOOK_SECONDS):
            key.data()
        with self._lock:
            if not self._queues and time.monotonic() - self._idle_since > _IDLE_SECONDS:
                self._end()
                return False
            self._staff()
            self._look_for_late()
            for worker in self._dispatch.workers:
                if worker > HERE:
                    self._feed(worker)
        return True

    def _end(self) -> None:
        """Let everybody go; the next study begins anew."""
        self._dismiss()
        assert self._selector is not None
        assert self._wake is not None
        self._selector.close()
        for descriptor in self._wake:
            os.close(descriptor)
        self._thread, self._wake = None, None
        self._dispatch = Dispatcher()

    def _dismiss(self) -> None:
        """Let the workers and their parent go; nobody is at work."""
        assert self._selector is not None
        for worker, member in list(self._members.items()):
            del self._members[worker]
            with suppress(KeyError, ValueError):
                self._selector.unregister(member.channel)
            if worker in self._dispatch.workers:
                self._dispatch.lose(worker, Loss("nobody needs it"))
            member.channel.close()
            os.close(member.mark)
        if self._nursery is not None:
            self._selector.unregister(self._nursery)
            self._nursery.close()
            self._nursery = None
        if self._process is not None:
            threading.Thread(target=self._process.wait, name="tsml-reap", daemon=True).start()
            self._process = None

    # Workers come and go.

    def _staff(self) -> None:
        """Have as many workers as the studies ask for."""
        wanted = max((queue.workers or 1 for queue in self._queues.values()), default=0)
        missing = wanted - len(self._members)
        if missing <= 0 or self._broken is not None:
            return
        if self._nursery is None and not self._wanted():
            return
        if self._nursery is None and not self._start_nursery():
            return
        for _ in range(missing):
            self._hire()

    def _start_nursery(self) -> bool:
        if self._starts >= _STARTS:
            self._broken = ExecutorError(
                f"no worker could be started in {_STARTS} attempts",
                field="executor",
                mend="look at the messages above, or use --executor threads",
            )
            self._lock.notify_all()
            return False
        self._starts += 1
        mine, theirs = socket.socketpair()
        environment = {**os.environ, **dict.fromkeys(BLAS_THREADS, "1")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dsframework.execution._nursery", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt at the terminal is the driver's own
            cwd=current_folder(),
            env={**environment, "PYTHONPATH": os.pathsep.join(places_of_modules())},
        )
        theirs.close()
        mine.setblocking(False)
        self._nursery = Channel(mine)
        assert self._selector is not None
        self._selector.register(mine, selectors.EVENT_READ, self._hear_nursery)
        return True

    def _hire(self) -> None:
        assert self._nursery is not None
        assert self._selector is not None
        self._made += 1
        worker = self._made
        mine, theirs = socket.socketpair()
        mine.setblocking(False)
        mark = os.memfd_create("tsml-mark", os.MFD_CLOEXEC)
        os.ftruncate(mark, _mark.SIZE)
        try:
            self._nursery.send(("file",), theirs.fileno())
            self._nursery.send(("file",), mark)
            self._nursery.send(("fork", worker))
        except Closed:
            mine.close()
            os.close(mark)
            self._lose_nursery()
            return
        finally:
            theirs.close()
        member = _Member(Channel(mine), mark, self._free_seat())
        self._members[worker] = member
        self._selector.register(mine, selectors.EVENT_READ, lambda: self._hear_worker(worker))

    def _free_seat(self) -> int:
        taken = {member.seat for member in self._members.values()}
        return next(seat for seat in itertools.count() if seat not in taken)

    def _seen_from(self, seat: int, environment: Surroundings) -> Surroundings:
        """The environment of a worker, which sees its own GPUs only."""
        if not self._gpus:
            return environment
        own = ",".join(gpus_of_seat(seat, self._gpus, visible_gpus()))
        return replace(environment, variables={**environment.variables, "CUDA_VISIBLE_DEVICES": own})

    def _hear_nursery(self) -> None:
        assert self._nursery is not None
        try:
            messages = self._nursery.receive()
        except Closed:
            with self._lock:
                self._lose_nursery()
            return
        for (what, *rest), _ in messages:
            if what == "said":
                sys.stderr.write(rest[0])
        with self._lock:
            for (what, *rest), _ in messages:
                if what == "born":
                    self._join(*rest)
                elif what == "gone":
                    self._bury(*rest)

    def _join(self, worker: int, pid: int) -> None:
        if worker in self._members:
            self._members[worker].pid = pid
            self._dispatch.join(worker)
            self._lock.notify_all()

    def _lose_nursery(self) -> None:
        """The parent of the workers died, and all of them with it: nobody's task is to blame."""
        assert self._nursery is not None
        assert self._selector is not None
        with suppress(KeyError):
            self._selector.unregister(self._nursery)
        self._nursery.close()
        self._nursery = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for worker in list(self._members):
            self._leave(worker, Loss("the workers' parent died"), blame=False)

    def _bury(self, pid: int, code: int, tail: str, peak: int) -> None:
        for worker, member in list(self._members.items()):
            if member.pid == pid:
                with suppress(Closed, ValueError):
                    while True:
                        self._take(worker, member.channel.receive())  # what it had sent before it died
                self._leave(worker, member.doomed or self._memory.judge(code, peak), tail=tail)

    def _leave(self, worker: int, loss: Loss, *, blame: bool = True, tail: str = "") -> None:
        member = self._members.pop(worker)
        assert self._selector is not None
        with suppress(KeyError, ValueError):
            self._selector.unregister(member.channel)
        count, _ = member.begun()
        at = count - 1 - member.answered if blame and count > member.answered else None
        if worker in self._dispatch.workers:
            self._dispatch.lose(worker, loss, at=at, log="\n".join(last_lines(tail)))
        member.channel.close()
        os.close(member.mark)
        self._lock.notify_all()

    def _doom(self, member: _Member, loss: Loss) -> None:
        """Have a worker killed; its parent does it, which knows that the number is still this worker's."""
        if member.doomed is None and self._nursery is not None and member.pid:
            member.doomed = loss
            with suppress(Closed):
                self._nursery.send(("kill", member.pid))

    def _look_for_late(self) -> None:
        for worker, member in self._members.items():
            work = self._dispatch.running(worker) if worker in self._dispatch.workers else None
            if work is None or work.seconds is None:
                continue
            count, since = member.begun()
            if count > member.answered and time.monotonic() - since > work.seconds:
                self._doom(member, Loss(f"took longer than its limit of {work.seconds:g} s and was ended", attempts=1))

    # Batches go out, results come in.

    def _feed(self, worker: int) -> None:
        member = self._members[worker]
        try:
            while member.doomed is None and (batch := self._dispatch.next_batch(worker)):
                for number in {one.number for number, work in batch for one in work.arguments if isinstance(one, Handle)} - member.has:
                    block = self._block(number)
                    member.channel.send(("block", number, block.body, block.places), block.descriptor)
                    member.has.add(number)
                queue = batch[0][0]
                if member.environment != self._environments[queue]:
                    member.environment = self._environments[queue]
                    member.channel.send(("environment", self._seen_from(member.seat, self._environments[queue])))
                member.channel.send(("do", queue, packed_batch([work for _, work in batch])))
            member.channel.flush()
        except Closed:
            return  # its parent will say why
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if member.channel.unsent else 0)
        if wanted != member.watched:
            assert self._selector is not None
            self._selector.modify(member.channel, wanted, lambda: self._hear_worker(worker))
            member.watched = wanted

    def _block(self, number: int) -> Block:
        held = self._values[number]
        if held.stored is None:
            held.stored = Block.of(held.value)
        block: Block = held.stored
        return block

    def _drop(self, number: int, value: Value) -> None:
        for member in self._members.values():
            if number in member.has:
                member.has.discard(number)
                with suppress(Closed):
                    member.channel.send(("drop", number))
        if value.stored is not None:
            value.stored.close()

    def _hear_worker(self, worker: int) -> None:
        member = self._members.get(worker)
        if member is None:
            return
        try:
            messages = member.channel.receive()
        except Closed:
            assert self._selector is not None
            with suppress(KeyError):
                self._selector.unregister(member.channel)  # its parent will say why
            return
        with self._lock:
            self._take(worker, messages)

    def _take(self, worker: int, messages: list[tuple[Any, int | None]]) -> None:
        for (_, queue, number, body), _ in messages:
            results: list[Done] = unpack(body, None)
            self._members[worker].answered += number
            self._dispatch.done(worker, [(queue, one) for one in results])
        if messages:
            self._lock.notify_all()


_pool: Pool | None = None
_gpu_pools: dict[float, Pool] = {}
_pool_lock = threading.Lock()


def shared_pool(gpus: float = 0) -> Pool:
    """Return this process's pool, or the one for fits that take so many GPUs each: a process that has begun to use a GPU stays with it."""
    global _pool
    with _pool_lock:
        if gpus:
            return _gpu_pools.setdefault(gpus, Pool(gpus))
        if _pool is None:
            _pool = Pool()
        return _pool


def _forget() -> None:
    """A forked child must not talk to its parent's workers."""
    global _pool, _gpu_pools, _pool_lock
    _pool, _gpu_pools, _pool_lock = None, {}, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
