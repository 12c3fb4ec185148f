"""The load generator, in a process of its own: keep-alive connections that ask again as soon as they are answered."""

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from bench.corpus import PLACEHOLDER, WRITTEN, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`requests` are whole HTTP requests, asked in turn.

    With `first_number` each holds the placeholder of a citizen, and every asking is about another one.
    """

    port: int
    requests: tuple[bytes, ...]
    connections: int
    seconds: float
    first_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came back. `seconds` is until the last answer; `latencies` are seconds."""

    answers: int
    seconds: float
    received: int
    statuses: dict[int, int]
    latencies: list[float]


class Load:
    """The process with the load generator."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there,), daemon=True)
        self._process.start()

    def do(self, work: Work) -> Done:
        """Do it and wait for the end."""
        self._here.send(work)
        done = self._here.recv()
        if isinstance(done, BaseException):
            raise done
        assert isinstance(done, Done)
        return done

    def close(self) -> None:
        """End the process."""
        self._here.send(None)
        self._process.join(timeout=10)


def _serve(pipe: Connection) -> None:
    while (work := pipe.recv()) is not None:
        try:
            pipe.send(uvloop.run(_run(work)))
        except Exception as error:  # noqa: BLE001
            pipe.send(error)


async def _run(work: Work) -> Done:
    loop = asyncio.get_running_loop()
    state = _State(_asked(work), loop.create_future(), work.connections, time.perf_counter() + work.seconds)
    began = time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Connection(state), "127.0.0.1", work.port)
        for _ in range(work.connections)
    ]
    for _, connection in made:
        connection.ask()
    await asyncio.wait_for(state.finished, work.seconds + 120)
    seconds = time.perf_counter() - began
    for transport, _ in made:
        transport.close()
    return Done(
        answers=len(state.latencies),
        seconds=seconds,
        received=state.received,
        statuses=state.statuses,
        latencies=state.latencies,
    )


def _asked(work: Work) -> Iterator[bytes]:
    turns = itertools.cycle(work.requests)
    if work.first_number is None:
        return turns
    numbers = itertools.count(work.first_number)
    return (one.replace(PLACEHOLDER, number(next(numbers), WRITTEN).encode()) for one in turns)


class _State:
    __slots__ = ("asked", "finished", "latencies", "received", "running", "statuses", "until")

    def __init__(self, asked: Iterator[bytes], finished: "asyncio.Future[None]", running: int, until: float) -> None:
        self.asked, self.finished, self.running, self.until = asked, finished, running, until
        self.latencies: list[float] = []
        self.statuses: dict[int, int] = {}
        self.received = 0


class _Connection(asyncio.Protocol):
    """One client. Answers carry a Content-Length; their bodies are counted, not kept."""

    __slots__ = ("_began", "_head", "_left", "_state", "_transport")

    def __init__(self, state: _State) -> None:
        self._state = state
        self._head = b""
        self._left = -1

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._state.asked))

    def data_received(self, data: bytes) -> None:
        state = self._state
        state.received += len(data)
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            status = int(head[9:12])
            state.statuses[status] = state.statuses.get(status, 0) + 1
            at = head.find(b"\r\ncontent-length:")
            length = 0 if at < 0 else int(head[at + 17 : (head + b"\r\n").index(b"\r\n", at + 2)])
            self._left = length - (len(self._head) - end - 4)
            self._head = b""
        else:
            self._left -= len(data)
        if self._left > 0:
            return
        self._left = -1
        now = time.perf_counter()
        state.latencies.append(now - self._began)
        if now < state.until:
            self.ask()
            return
        state.running -= 1
        if not state.running and not state.finished.done():
            state.finished.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._state.finished.done() and self._state.running:
            self._state.finished.set_exception(exc or ConnectionError("the server closed the connection"))
