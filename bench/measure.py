"""One interleaved run: rounds in which every stream has its turn, so that noise of the machine hits all alike."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.load import Done, Load, Work
from bench.paths import PATHS, TRANSACTION, Path, Stream
from bench.servers import Server

_WARM_SECONDS = 0.5
_WARM_EACH = 0.025
_NUMBERS_A_TURN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One stream in one round. `cpu_us` is CPU of the server per answer, `backend_us` that of PostgreSQL."""

    rate: float
    cpu_us: float
    backend_us: float
    median_ms: float
    p99_ms: float
    bytes_each: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median and quartiles of a figure over the rounds."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table. `figure` is what is judged; `cpu_ratio` the same comparison by CPU alone."""

    path: Path
    rate: Spread
    cpu_us: Spread
    backend_us: float
    beside_rate: float | None
    beside_cpu_us: float | None
    cpu_ratio: float | None
    figure: Spread
    median_ms: float
    p99_ms: float
    is_met: bool
    is_extreme: bool


def run(
    streams: Mapping[str, Stream],
    servers: Mapping[str, Server],
    *,
    rounds: int,
    seconds: float,
    backends: Callable[[], float],
    progress: Callable[[str, int, int], None],
) -> Mapping[str, Sequence[Turn]]:
    """Warm every stream up, then measure all of them in turn, `rounds` times. `backends` is CPU spent elsewhere."""
    load = Load()
    turns: dict[str, list[Turn]] = {key: [] for key in streams}
    numbers = iter(range(1, 10**9, _NUMBERS_A_TURN))
    try:
        for place, stream in enumerate(streams.values()):
            progress("warming up", place + 1, len(streams))
            warm = seconds if stream.writes else max(min(_WARM_SECONDS, seconds), _WARM_EACH * len(stream.requests))
            _turn(load, stream, servers[stream.server], warm, next(numbers), backends)
        for number in range(rounds):
            for place, (key, stream) in enumerate(streams.items()):
                progress("measuring", number * len(streams) + place + 1, rounds * len(streams))
                length = seconds * stream.stretch
                turns[key].append(_turn(load, stream, servers[stream.server], length, next(numbers), backends))
    finally:
        load.close()
    return turns


def _turn(
    load: Load, stream: Stream, server: Server, seconds: float, number: int, backends: Callable[[], float]
) -> Turn:
    work = Work(
        port=server.port,
        requests=stream.requests,
        connections=stream.connections,
        seconds=seconds,
        first_number=number if stream.writes else None,
    )
    before, behind = server.cpu_seconds(), backends()
    done: Done = load.do(work)
    cpu, behind = server.cpu_seconds() - before, backends() - behind
    if done.statuses.keys() != {stream.status}:
        raise RuntimeError(f"`{stream.key}` was answered {done.statuses}, not {stream.status} alone")
    latencies = sorted(done.latencies)
    return Turn(
        rate=done.answers / done.seconds,
        cpu_us=cpu / done.answers * 1e6,
        backend_us=behind / done.answers * 1e6,
        median_ms=latencies[len(latencies) // 2] * 1e3,
        p99_ms=latencies[min(int(len(latencies) * 0.99), len(latencies) - 1)] * 1e3,
        bytes_each=done.received / done.answers,
    )


def figures(turns: Mapping[str, Sequence[Turn]]) -> list[Figure]:
    """Return every row of the table that the measured streams allow."""
    return [_figure(path, turns) for path in PATHS if path.stream in turns and (path.beside or path.stream) in turns]


def _figure(path: Path, turns: Mapping[str, Sequence[Turn]]) -> Figure:
    own = turns[path.stream]
    beside = turns[path.beside] if path.beside is not None else None
    judged = {
        "rate": lambda one, other: one.rate / other.rate,
        "cpu-ms": lambda one, _: one.cpu_us / 1e3,
        "resources": lambda one, _: one.rate * TRANSACTION,
        "resources-ratio": lambda one, other: one.rate / other.rate,
        "overhead": lambda one, other: one.cpu_us / other.cpu_us - 1,
    }[path.judged]
    figure = spread([judged(one, other) for one, other in zip(own, beside or own, strict=True)])
    ratios = [other.cpu_us / one.cpu_us for one, other in zip(own, beside or own, strict=True)]
    return Figure(
        path=path,
        rate=spread([one.rate for one in own]),
        cpu_us=spread([one.cpu_us for one in own]),
        backend_us=statistics.median(one.backend_us for one in own),
        beside_rate=statistics.median(one.rate for one in beside) if beside else None,
        beside_cpu_us=statistics.median(one.cpu_us for one in beside) if beside else None,
        cpu_ratio=statistics.median(ratios) if beside else None,
        figure=figure,
        median_ms=statistics.median(one.median_ms for one in own),
        p99_ms=statistics.median(one.p99_ms for one in own),
        is_met=path.is_met(figure.median),
        is_extreme=figure.median <= path.extreme if path.is_limit else figure.median >= path.extreme,
    )


def spread(values: Sequence[float]) -> Spread:
    """Return median and quartiles."""
    if len(values) == 1:
        return Spread(low=values[0], median=values[0], high=values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(low=low, median=middle, high=high)
