"""What is measured, one row a figure: which stream of requests, beside which other, and what DESIGN § 7 asks of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import msgspec

from app.demo.codes import BLOOD_PRESSURE
from bench.corpus import TRANSACTION
from bench.directives import COUNTS
from bench.prepare import PROFILE, Prepared, Target

SERVE, BARE, WRITTEN, MODELS = "serve", "bare", "written", "models"
"""Servers: as it is; the ceiling; for writing to; … with models as gate."""
CHANGED, NEWCOMER, FRESH = "changed", "newcomer", "fresh"
"""Without a memory for documents: … to which a record was new; … for decisions; … for facts of the citizen."""
UNDECIDED, UNASKED, UNCOMPOSED = "undecided", "unasked", "uncomposed"
"""… without decision; … the same after a change; … that composes none. See `bench.variants`."""
PAGELESS = "pageless"
"""As FRESH, and without a memory for pages of the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Requests to one server. `status` is what every answer must have; `long` ones run three times as long."""

    key: str
    server: str
    requests: tuple[bytes, ...]
    status: int = 200
    connections: int = 16
    writes: bool = False

    @property
    def stretch(self) -> int:
        """Return how many times longer than others it runs: a transaction takes a tenth of a second."""
        return 3 if self.writes else 1


Judged = Literal["rate", "cpu-ms", "resources", "resources-ratio", "overhead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One figure of DESIGN § 7.

    `rate`: requests per second as a share of `beside`'s. `cpu-ms`: CPU per request. `resources`: resources per second.
    `resources-ratio`: times `beside`'s. `overhead`: how much more CPU per request than `beside`.
    """

    title: str
    stream: str
    beside: str | None
    judged: Judged
    due: float
    extreme: float

    @property
    def is_limit(self) -> bool:
        """Tell whether less is better."""
        return self.judged in {"cpu-ms", "overhead"}

    def is_met(self, figure: float) -> bool:
        """Tell whether what is due was reached."""
        return figure <= self.due if self.is_limit else figure >= self.due


PATHS: tuple[Path, ...] = (
    Path(
        title="summary pull, not cached, of bare 270 kB",
        stream="summary-fresh",
        beside="bare-summary",
        judged="rate",
        due=0.12,
        extreme=0.20,
    ),
    Path(
        title="the same, a record is new, the decision stands",
        stream="summary-changed",
        beside="bare-summary",
        judged="rate",
        due=0.12,
        extreme=0.20,
    ),
    Path(
        title="the same, and nothing known of the citizen",
        stream="summary-cold",
        beside="bare-summary",
        judged="rate",
        due=0.12,
        extreme=0.20,
    ),
    Path(
        title="a floor: the same records read and joined, no document made",
        stream="summary-uncomposed",
        beside="bare-summary",
        judged="rate",
        due=0.12,
        extreme=0.20,
    ),
    Path(
        title="summary pull, nothing permitted has changed",
        stream="summary-kept",
        beside="bare-summary",
        judged="rate",
        due=0.30,
        extreme=0.45,
    ),
    Path(
        title="304, of the bare 200 with 270 kB",
        stream="summary-304",
        beside="bare-summary",
        judged="rate",
        due=0.40,
        extreme=0.60,
    ),
    Path(title="read by id, of bare 2 kB", stream="read", beside="bare-read", judged="rate", due=0.15, extreme=0.20),
    Path(title="search in one citizen, CPU", stream="search", beside=None, judged="cpu-ms", due=2.0, extreme=1.5),
    Path(
        title="transaction of 100, per process",
        stream="ingest",
        beside=None,
        judged="resources",
        due=2000,
        extreme=4000,
    ),
    Path(
        title="the same, of the same store with models as validator and serializer",
        stream="ingest",
        beside="ingest-models",
        judged="resources-ratio",
        due=5,
        extreme=8,
    ),
    Path(
        title="consent on, summary not cached, more CPU than without",
        stream="summary-fresh",
        beside="summary-undecided",
        judged="overhead",
        due=0.10,
        extreme=0.05,
    ),
    Path(
        title="the same, a record is new, the decision stands",
        stream="summary-changed",
        beside="summary-unasked",
        judged="overhead",
        due=0.10,
        extreme=0.05,
    ),
    Path(
        title="the same, and nothing known of the citizen",
        stream="summary-cold",
        beside="summary-undecided",
        judged="overhead",
        due=0.10,
        extreme=0.05,
    ),
    Path(
        title="consent on, search, more CPU than without",
        stream="search",
        beside="search-undecided",
        judged="overhead",
        due=0.10,
        extreme=0.05,
    ),
    Path(
        title="the same, decided anew at every search",
        stream="search-fresh",
        beside="search-undecided",
        judged="overhead",
        due=0.10,
        extreme=0.05,
    ),
    *(
        Path(
            title=f"consent on, {what}, {count} directive{'s' if count > 1 else ''} on the citizen",
            stream=f"{stream}-{count}",
            beside=f"{kind}-undecided-{count}",
            judged="overhead",
            due=0.10,
            extreme=0.05,
        )
        for what, stream, kind in (
            ("summary not cached", "summary-fresh", "summary"),
            ("summary not cached, nothing known of the citizen", "summary-cold", "summary"),
            ("search", "search", "search"),
        )
        for count in COUNTS
    ),
)


def streams(prepared: Prepared) -> Mapping[str, Stream]:
    """Return all streams by key."""
    reader, writer = prepared.reader, prepared.writer
    targets = prepared.targets
    pulls = tuple(pull(target.identifier, reader) for target in targets)
    unchanged = tuple(
        _get(f"/fhir/Patient/{one.patient}/$summary?{urlencode({'profile': PROFILE})}", reader, tag=one.tag)
        for one in targets
    )
    reads = tuple(read(id_, reader) for one in targets for id_ in one.observations[:4])
    asked = tuple(each for one in targets for each in searches(one.patient, reader))
    writing = (_post("/fhir", prepared.corpus.writing, writer, prefer="return=minimal"),)
    found = (
        Stream(key="summary-fresh", server=NEWCOMER, requests=pulls),
        Stream(key="summary-changed", server=CHANGED, requests=pulls),
        Stream(key="summary-cold", server=FRESH, requests=pulls),
        Stream(key="summary-unasked", server=UNASKED, requests=pulls),
        Stream(key="summary-uncomposed", server=UNCOMPOSED, requests=pulls),
        Stream(key="summary-undecided", server=UNDECIDED, requests=pulls),
        Stream(key="bare-summary", server=BARE, requests=_bare("summary", len(targets))),
        Stream(key="summary-kept", server=SERVE, requests=pulls),
        Stream(key="summary-304", server=SERVE, requests=unchanged, status=304),
        Stream(key="read", server=SERVE, requests=reads),
        Stream(key="bare-read", server=BARE, requests=_bare("read", len(targets))),
        Stream(key="search", server=SERVE, requests=asked),
        Stream(key="search-fresh", server=NEWCOMER, requests=asked),
        Stream(key="search-undecided", server=UNDECIDED, requests=asked),
        Stream(key="ingest", server=WRITTEN, requests=writing, connections=4, writes=True),
        Stream(key="ingest-models", server=MODELS, requests=writing, connections=4, writes=True),
    )
    directed = tuple(one for count, many in prepared.directed.items() for one in _directed(count, many, reader))
    return {stream.key: stream for stream in found + directed}


def _directed(count: int, targets: tuple[Target, ...], reader: str) -> tuple[Stream, ...]:
    """Return the streams about citizens who have written `count` directives."""
    pulls = tuple(pull(one.identifier, reader) for one in targets)
    asked = tuple(each for one in targets for each in searches(one.patient, reader))
    return (
        Stream(key=f"summary-fresh-{count}", server=NEWCOMER, requests=pulls),
        Stream(key=f"summary-cold-{count}", server=FRESH, requests=pulls),
        Stream(key=f"summary-undecided-{count}", server=UNDECIDED, requests=pulls),
        Stream(key=f"search-{count}", server=SERVE, requests=asked),
        Stream(key=f"search-undecided-{count}", server=UNDECIDED, requests=asked),
    )


def bodies(prepared: Prepared) -> Mapping[str, bytes]:
    """Return what the bare application answers, by name: the same bytes."""
    summaries = {f"summary-{place}": one.summary for place, one in enumerate(prepared.targets)}
    return summaries | {f"read-{place}": one.body for place, one in enumerate(prepared.targets)}


def probe(prepared: Prepared) -> bytes:
    """Return the request whose answer is the first one of a server: an authenticated read with decision and audit."""
    one = prepared.targets[0]
    return read(one.observations[0], prepared.reader)


def read(id_: str, token: str) -> bytes:
    """Return the request that reads one Observation."""
    return _get(f"/fhir/Observation/{id_}", token)


def pull(identifier: tuple[str, str], token: str) -> bytes:
    """Return the request of a hospital at admission."""
    return _post("/fhir/Patient/$summary", _pull(identifier), token)


def searches(patient: str, token: str) -> tuple[bytes, ...]:
    """Return what the three journeys search for, in equal parts."""
    return tuple(ask(patient, token) for ask in _SEARCHES)


_CODING = BLOOD_PRESSURE["coding"][0]
_BLOOD_PRESSURE = f"{_CODING['system']}|{_CODING['code']}"


def _pull(identifier: tuple[str, str]) -> bytes:
    system, value = identifier
    parameters = [
        {"name": "identifier", "valueIdentifier": {"system": system, "value": value}},
        {"name": "profile", "valueCanonical": PROFILE},
    ]
    return msgspec.json.encode({"resourceType": "Parameters", "parameter": parameters})


def _search(type_: str, **parameters: str) -> Callable[[str, str], bytes]:
    def ask(patient: str, token: str) -> bytes:
        form = urlencode({"patient": f"Patient/{patient}", **parameters}).encode()
        return _post(f"/fhir/{type_}/_search", form, token, media="application/x-www-form-urlencoded")

    return ask


_SEARCHES = (
    _search("Observation", code=_BLOOD_PRESSURE, date="ge2025-01-01"),
    _search("Condition", **{"clinical-status": "active"}),
    _search("DocumentReference", status="current", date="ge2025-01-01"),
    _search("CarePlan", status="active"),
)


def _get(path: str, token: str, *, tag: str | None = None) -> bytes:
    known = "" if tag is None else f"If-None-Match: {tag}\r\n"
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{known}\r\n".encode()


def _post(
    path: str, body: bytes, token: str, *, media: str = "application/fhir+json", prefer: str | None = None
) -> bytes:
    wish = "" if prefer is None else f"Prefer: {prefer}\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {media}\r\n"
        f"Content-Length: {len(body)}\r\n{wish}\r\n"
    )
    return head.encode() + body


def _bare(kind: str, number: int) -> tuple[bytes, ...]:
    return tuple(f"GET /{kind}-{place} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for place in range(number))


__all__ = ["PATHS", "TRANSACTION", "Path", "Stream", "bodies", "probe", "streams"]
