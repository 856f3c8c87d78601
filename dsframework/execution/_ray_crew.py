"""Actors on Ray that take batches: they are started where there is room, fed, heard, replaced when they die, and let go."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from dsframework.errors import ExecutorError, TsmlError, one_line
from dsframework.execution._batch import Done, packed_batch
from dsframework.execution._cluster_shares import ClusterShares
from dsframework.execution._crew import HERE, Value
from dsframework.execution._dispatch import Loss, Queue
from dsframework.execution._packing import pack, unpack
from dsframework.execution._pools import Placement, told
from dsframework.execution._ray_code import RayCode
from dsframework.execution._ray_connection import connect, joined, leave
from dsframework.execution._ray_head import Head, HeadLostError
from dsframework.execution._ray_room import node_names, refuse_too_much, room_on
from dsframework.execution._ray_said import last_words, memory_told
from dsframework.execution._ray_seen import Member, SeenCrew
from dsframework.execution._ray_worker import ASKED, RayWorker
from dsframework.execution._share_keeper import Wish
from dsframework.execution._surroundings import Surroundings, surroundings
from dsframework.execution._work import Handle

__all__ = ["RayCrew"]

_FULL = ("ObjectStoreFullError", "OutOfDiskError")
_IDLE_SECONDS = 20.0
_LOOK_SECONDS = 0.02
_GRACE_SECONDS = 1.0
_NODES_SECONDS = 2.0
_BATCH_GRACE_SECONDS = 1.0
_STARTS = 3
_HEAD_SECONDS = 600.0
_AGAIN_SECONDS = 2.0
_SAID_SECONDS = 1.0
_KEPT_SECONDS = 1.0


class RayCrew(SeenCrew):
    """Actors that take batches, as many at once as the cluster has room for.

    Parameters
    ----------
    address
        A cluster's address; a Ray of this process when it is None.
    placement
        What one fit asks Ray for.
    home
        Folder for the token that guards a Ray started here.
    user
        Who shares the cluster with others.
    """

    def __init__(self, address: str | None, placement: Placement, home: Path, user: str) -> None:
        super().__init__()
        self._address, self._placement, self._home, self._user = address, placement, home, user
        self._shares: ClusterShares | None = None
        self.code = RayCode(address, home)
        self._head: Head | None = None
        self._joined = 0
        self._node = ""
        self._slots = 0
        self._free: dict[str, float] = {}
        self._looked = 0.0
        self._failed_starts = 0
        self._environments: dict[int, Surroundings] = {}
        self._coming: dict[Any, tuple[int, Any]] = {}
        self._thread: threading.Thread | None = None
        self._idle_since = time.monotonic()

    def _begin(self) -> None:
        self._broken = None
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tsml-ray", daemon=True)
            self._thread.start()
        for queue in self._queues.values():
            queue.workers = self._slots or None
        self._environments[max(self._queues)] = surroundings()

    def _why(self, queue: Queue) -> str:
        if self._ray is None or (self._head is not None and self._head.silent):
            return f"Ray {self._address or 'on this machine'} is to answer"
        if (standing := self._shares.standing(queue.number) if self._shares else None) and standing.place:
            return standing.told(self._placement.pool)
        free = told({name: self._free.get(name, 0) for name, amount in self._placement.asks.items() if amount})
        return f"a fit of pool {self._placement.pool!r} asks for {self._placement}, Ray has {free} free"

    def _place(self, queue: Queue) -> int | None:
        if self._shares is None:
            return super()._place(queue)
        standing = self._shares.standing(queue.number)
        return standing.place if standing else None

    def _poke(self) -> None:
        self._lock.notify_all()

    def _let_go(self, busy: list[int]) -> None:
        self._idle_since = time.monotonic()
        self._environments = {number: one for number, one in self._environments.items() if number in self._queues}
        for worker in busy:
            threading.Timer(_GRACE_SECONDS, self._end_late, (worker, self._members[worker].done)).start()

    def _end_late(self, worker: int, done: int) -> None:
        with self._lock:
            member = self._members.get(worker)
            if member is not None and member.answers and member.done == done:
                self._doom(member, Loss("its study was stopped"))

    def _doom(self, member: Member, loss: Loss) -> None:
        if member.doomed is None:
            member.doomed = loss
            self._ray.kill(member.actor)

    def make_way(self) -> None:
        """Let go of the workers where no study needs them."""
        with self._lock:
            if not self._queues:
                self._idle_since = float("-inf")

    def _drop(self, number: int, value: Value) -> None:
        for member in self._members.values():
            if number in member.has:
                member.has.discard(number)
                member.actor.drop.remote(number)

    def _run(self) -> None:
        try:
            self._connect()
            while self._works():
                self._connect_again()
        except TsmlError as error:
            self._end(error if isinstance(error, ExecutorError) else ExecutorError(str(error)))
        except Exception as error:  # the study that waits must hear of it
            if type(error).__name__ in _FULL:
                text = f"the object store of Ray has no room for the rows: {one_line(error, 160)}"
                self._end(ExecutorError(text, field="executor", mend="start Ray with a larger object store, or use fewer columns"))
                return
            rays = type(error).__module__.partition(".")[0] == "ray" or isinstance(error, (OSError, RuntimeError))
            text = "Ray does not answer" if rays else "the thread that feeds the workers of Ray failed"
            mend = "start the study again; finished trials are kept"
            self._end(ExecutorError(f"{text}: {type(error).__name__}: {one_line(error, 200)}", mend=mend))
            if not rays:
                raise

    def _works(self) -> bool:
        """Work as long as something is to do; returns whether Ray's head was lost."""
        try:
            while self._step():
                pass
        except HeadLostError:
            return True
        except Exception:
            if joined() == self._joined:
                raise
            return True  # other studies of this process have left it, and joined it again
        return False

    def _connect_again(self) -> None:
        """Wait until Ray's head is back and join it; what was in hand is done again, and nobody is blamed."""
        with self._lock:
            for worker in self._members:
                self._dispatch.lose(worker, Loss("Ray's head was lost"))
            for value in self._values.values():
                value.stored = None
            self._members, self._coming, self._asking, self._ray, self._shares = {}, {}, {}, None, None
        self.code.begin_anew()
        leave(self._joined)
        deadline = time.monotonic() + _HEAD_SECONDS
        while True:
            try:
                self._connect()
            except ExecutorError as error:
                if time.monotonic() > deadline:
                    text = f"Ray's head was lost, and is not back after {_HEAD_SECONDS / 60:g} minutes: {one_line(error, 200)}"
                    raise ExecutorError(text, field="executor", mend="start the study again; finished trials are kept") from error
            else:
                return
            with self._lock:
                if self._lock.wait_for(lambda: not self._queues, _AGAIN_SECONDS):
                    raise ExecutorError("Ray's head was lost", field="executor")

    def _connect(self) -> None:
        ray = connect(self._address, self._home)
        self._joined, self._head = joined(), Head.of(ray)
        refuse_too_much(self._head.nodes()[0], self._placement)
        self._node = ray.get_runtime_context().get_node_id()
        with self._lock:
            self._ray = ray
            self._shares = ClusterShares(ray, self._placement, self._user, time.monotonic()) if self._address else None
        self._looked = 0.0
        self._look_at_nodes()

    def _look_at_nodes(self) -> None:
        """Nodes come and go."""
        assert self._head is not None
        self._head.look()
        if self._head.silent:
            return
        if time.monotonic() - self._looked < _NODES_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            nodes, free = self._head.nodes()
        except ExecutorError:
            return  # whether it is lost is seen in a moment
        self.code.look(nodes, self._node, on_demand=self._placement.workers is not None)
        slots = max(1, room_on(nodes, self._placement))
        with self._lock:
            self._slots, self._free, self._names = slots, free, node_names(nodes)
            for queue in self._queues.values():
                queue.workers = slots

    def _end(self, error: ExecutorError | None) -> None:
        with self._lock:
            self._broken = error
            for worker, member in list(self._members.items()):
                if error is None:
                    self._ray.kill(member.actor)
                self._dispatch.lose(worker, Loss("Ray was left"))
            self._members, self._coming, self._asking, self._thread = {}, {}, {}, None
            self._shares = None
            self._dispatch = type(self._dispatch)()
            self._lock.notify_all()

    def _step(self) -> bool:
        """Send what can be sent and take in what is there; returns whether to go on."""
        self._look_at_nodes()
        self.code.store()
        self._share()
        with self._lock:
            if self._head is not None and self._head.silent:
                self._lock.wait(_LOOK_SECONDS * 10)
                return True
            if not self._queues and time.monotonic() - self._idle_since > _IDLE_SECONDS:
                self._lock.release()
                try:
                    self._end(None)
                finally:
                    self._lock.acquire()
                return False
            self._staff()
            for worker in self._dispatch.workers:
                if worker > HERE:
                    self._feed(worker)
            self._look_for_late()
            self._ask()
            asked = [*self._coming, *self._asking, *(answer for member in self._members.values() for answer in member.answers)]
            if not asked:
                self._lock.wait(_LOOK_SECONDS * 10)
                return True
        ready, _ = self._ray.wait(asked, num_returns=1, timeout=_LOOK_SECONDS)
        if ready:
            ready, _ = self._ray.wait(asked, num_returns=len(asked), timeout=0)
        for reference in ready:
            self._take(reference)
        return True

    def _share(self) -> None:
        """Say what the studies could use and have, and hear what they may have."""
        shares, now = self._shares, time.monotonic()
        if shares is None or self._head is None or self._head.silent:
            return
        with self._lock:
            at = Counter(self._dispatch.queue_of(worker) for worker in self._members)
            wishes, idle = {}, sum(number for queue, number in at.items() if queue not in self._queues)
            for number, queue in self._queues.items():
                wants = min(queue.left, self._slots)
                more = min(idle, max(0, wants - at[number]))  # it will have them in a moment
                wishes[number], idle = Wish(queue.priority, wants, at[number] + more), idle - more
        shares.code = self.code.options()
        shares.step(now, wishes, room=self._slots, idle=idle, coming=len(self._coming))
        with self._lock:
            for number, queue in self._queues.items():
                queue.may = shares.may(number, now)

    def _staff(self) -> None:
        most = [queue.left if queue.may is None else min(queue.left, queue.may) for queue in self._queues.values()]
        wanted = min(self._slots, sum(most)) - len(self._members) - len(self._coming)
        if wanted < 0 and self._shares is not None and self._shares.others_wait:
            self._give_back(-wanted)
        for _ in range(wanted):
            self._made += 1
            actor = self._ray.remote(concurrency_groups={ASKED: 1})(RayWorker).options(**self._options()).remote()
            self._coming[actor.ready.remote(self.code.asked)] = (self._made, actor)

    def _give_back(self, number: int) -> None:
        """Let go of workers that others wait for: those to come, and those that nothing was to do for."""
        for reference in list(self._coming)[-number:]:
            self._ray.kill(self._coming.pop(reference)[1])
            number -= 1
        latest = time.monotonic() - _KEPT_SECONDS
        free = [one for one, member in self._members.items() if not member.answers and member.since < latest and member.doomed is None]
        for worker in free[:number]:
            self._ray.kill(self._members.pop(worker).actor)
            self._dispatch.lose(worker, Loss("another study has it"))

    def _options(self) -> dict[str, Any]:
        asked = self._placement
        memory = {"memory": asked.memory} if asked.memory else {}
        asks = {"num_cpus": asked.cpus, "num_gpus": asked.gpus, "resources": dict(asked.resources), **memory}
        return {**asks, "max_restarts": 0, **self.code.options()}

    def _feed(self, worker: int) -> None:
        member = self._members[worker]
        while member.doomed is None and (batch := self._dispatch.next_batch(worker)):
            needed = sorted({one.number for _, work in batch for one in work.arguments if isinstance(one, Handle)} - member.has)
            member.has.update(needed)
            queue = batch[0][0]
            if not member.answers:
                member.since = time.monotonic()
            if member.node == self._node and member.environment != self._environments[queue]:
                member.environment = self._environments[queue]
                member.actor.surround.remote(member.environment)
            if needed:
                member.answers[member.actor.hold.remote(needed, *map(self._stored, needed))] = None
            member.answers[member.actor.do.remote(packed_batch([work for _, work in batch]))] = queue

    def _stored(self, number: int) -> Any:
        held = self._values[number]
        if held.stored is None:
            import numpy as np

            packed = pack(held.value)
            held.stored = self._ray.put((packed.body, [np.frombuffer(buffer.raw(), dtype=np.uint8) for buffer in packed.buffers]))
        return held.stored

    def _look_for_late(self) -> None:
        """End the actors whose task has reached its limit; the time in which an actor reads the rows does not count."""
        for worker, member in self._members.items():
            work = self._dispatch.running(worker)
            first, queue = next(iter(member.answers.items()), (None, None))
            if work is None or work.seconds is None or queue is None:
                continue
            limit = work.seconds + (_BATCH_GRACE_SECONDS if self._dispatch.batch_of(worker) > 1 else 0.0)
            if time.monotonic() - member.since > limit and not self._ray.wait([first], timeout=0)[0]:
                self._doom(member, Loss(f"took longer than its limit of {work.seconds:g} s and was ended", attempts=1))

    def _take(self, reference: Any) -> None:
        if reference in self._coming:
            self._join(reference)
            return
        if reference in self._asking:
            self._hear(reference)
            return
        worker, member = next((one for one in self._members.items() if reference in one[1].answers), (None, None))
        if worker is None or member is None:
            return
        queue = member.answers.pop(reference)
        member.since = time.monotonic()
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self._lose(worker, member, error)
            return
        if queue is not None:
            results: list[Done] = unpack(answer, None)
            with self._lock:
                member.done += len(results)
                self._dispatch.done(worker, [(queue, one) for one in results])
                self._lock.notify_all()
        if member.doomed is not None and not member.answers:  # it was done a moment before it was ended
            self._lose(worker, member, None)

    def _join(self, reference: Any) -> None:
        worker, actor = self._coming.pop(reference)
        try:
            node, pid, there = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self.code.failed()
            self._failed_starts += 1  # its node may have been lost meanwhile
            if self._failed_starts >= _STARTS:
                text = f"no worker could be started on Ray in {_STARTS} attempts: {one_line(error, 200)}"
                raise ExecutorError(text, field="executor") from error
            return
        self._failed_starts = 0
        self.code.check(self._names.get(node, node), there)
        with self._lock:
            self._members[worker] = Member(actor, pid, node)
            self._dispatch.join(worker)
            self._lock.notify_all()

    def _has(self, node: str) -> bool:
        """Whether a node is there; of a Ray without a head nobody can tell."""
        assert self._head is not None
        self._head.look(now=True)
        with suppress(ExecutorError):
            return not self._head.silent and any(one["NodeID"] == node for one in self._head.nodes()[0])
        return False

    def _last_words(self, lost: Member) -> str:
        """What a worker printed before it was lost; of another node, as a worker there tells it."""
        if lost.node == self._node:
            return last_words(lost.pid)
        other = next((one for one in self._members.values() if one.node == lost.node and one is not lost and one.doomed is None), None)
        if other is not None:
            with suppress(self._ray.exceptions.RayError):
                return str(self._ray.get(other.actor.last_words.options(concurrency_group=ASKED).remote(lost.pid), timeout=_SAID_SECONDS))
        return ""

    def _lose(self, worker: int, member: Member, error: Exception | None) -> None:
        """An actor is gone; that is nobody's fault where its node is gone as well."""
        loss, whole = member.doomed, self._has(member.node)
        if isinstance(error, self._ray.exceptions.ActorUnavailableError):  # it may live, and would keep its place
            self._ray.kill(member.actor)
        if loss is None and isinstance(error, self._ray.exceptions.OutOfMemoryError):
            loss = Loss(f"out of memory, also when it ran alone: {memory_told(str(error))}", attempts=2, alone=True)
        loss = loss or Loss(f"its worker was lost: {type(error).__name__}: {one_line(error, 160)}")
        log = self._last_words(member) if whole else ""
        with self._lock:
            del self._members[worker]
            self._dispatch.lose(worker, loss, unknown=whole, log=log)
            self._lock.notify_all()
