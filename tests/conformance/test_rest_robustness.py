"""Whatever is sent, the answer is FHIR and no 5xx other than the documented 501; a short form here, the long one, a million requests, in soak.

Requests go straight into the ASGI application, so that methods, paths and headers are not made decent by a client.
"""

import copy
import json
import random
from typing import Any

import pytest
from rest_builders import bundle, condition, entry, observation
from served import BASE, NANCY, World, summary_of

from app.fhir.dispatch import INTERACTIONS
from schemas.homes import HOMES

SHORT, LONG = 700, 125_000
TYPES = [row.type for row in HOMES]
_ODD = ["", "\x00", "\ud83d", "æøå", "💊", "' OR 1=1 --", "../../etc/passwd", "%s%n", "null", "-1", "9" * 400, "a" * 3000, "\u202e", "$", "|", ",", "\\", "\r\nX: y"]  # fmt: skip
_NUMBERS = [0, -1, 1e308, -1e-308, 2**63, 2**64, -(2**63) - 1, 10**400, 1.10, True, False, None]
_HEADERS = ["accept", "content-type", "prefer", "if-match", "if-none-match", "if-none-exist", "if-modified-since", "x-request-id", "content-length", "expect", "range", "cookie", "x-forwarded-for", "transfer-encoding"]  # fmt: skip
_VALUES = [b"", b"application/fhir+json", b"application/json; charset=utf-8", b"*/*", b"text/html", b'W/"1"', b'W/"', b"return=minimal", b"respond-async, handling=lenient", b"identifier=a|b", b"\xff\xfe", b"0", b"99999999999999999999", b"x" * 5000, b"application/x-www-form-urlencoded", b"a;b;c=;=d", b"q=0", b"*"]  # fmt: skip


def _seeds() -> list[dict[str, Any]]:
    given = json.loads(observation())
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": NANCY[0], "value": NANCY[1]}],
        "name": [{"family": "X"}],
    }
    urn = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"identifier": {"system": NANCY[0], "value": NANCY[1]}},
        "policyRule": {"text": "x"},
        "provision": {"type": "deny", "period": {"start": "2026-01-01"}, "provision": [{"type": "permit"}]},
    }
    return [
        given,
        condition(),
        patient,
        consent,
        summary_of(),
        bundle(entry(given, full_url=urn), entry(condition(evidence=[{"detail": [{"reference": urn}]}]))),
        bundle(entry(given), entry(None, "GET", "Observation?patient=x"), entry(None, "DELETE", "Observation/x"), kind="batch"),
        bundle(entry(patient), entry(given, "PUT", "Observation/x", ifMatch='W/"1"'), entry(given, ifNoneExist="identifier=a|b")),
        {"resourceType": "Bundle", "type": "message", "entry": [{"fullUrl": urn, "resource": {"resourceType": "MessageHeader", "eventCoding": {"code": "x"}, "source": {"endpoint": "x"}}}]},
        {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "Patient/borger", "resource": patient}]},
        {"resourceType": "Bundle", "type": "document", "entry": [{"fullUrl": urn, "resource": patient}]},
    ]  # fmt: skip


class Fuzz:
    """Draws requests from one seed; what fails is told by its number."""

    def __init__(self, seed: int, ids: list[str]) -> None:
        self.rng = random.Random(seed)  # noqa: S311  # a test's draws
        self.ids = ids
        self.seeds = _seeds()
        self.bundles = [one for one in self.seeds if one["resourceType"] == "Bundle"]

    def likely(self) -> tuple[str, str, str, bytes]:
        """Return method, path, query and body of a request that is almost right."""
        rng = self.rng
        row = rng.choice(INTERACTIONS)
        seed = copy.deepcopy(rng.choice(self.seeds))
        type_ = seed["resourceType"] if seed["resourceType"] in TYPES and rng.random() < 0.8 else rng.choice(TYPES)
        if row.types is not None and "Patient" in row.types and len(row.types) == 1:
            type_, seed = "Patient", copy.deepcopy(self.seeds[4]) if rng.random() < 0.7 else seed
        if not row.shape or row.shape[0].startswith("$"):
            seed = copy.deepcopy(rng.choice(self.bundles))
        kinds = {"{type}": type_, "{id}": rng.choice([*self.ids, "1"])}
        path = "/" + "/".join(kinds.get(part, part) for part in row.shape)
        if row.method == "PUT":
            seed["id"] = path.rpartition("/")[2]
        if rng.random() < 0.6:
            self._mutate(seed)
        body = json.dumps(seed).encode() if row.method in {"POST", "PUT"} else b""
        query = self.query() if rng.random() < 0.4 else f"patient.identifier={'|'.join(NANCY)}" * (row.method == "GET")
        if row.shape[-1:] == ("_search",):
            body = (query or self.query()).encode("utf-8", "surrogatepass")
        return row.method, path, query, body

    def path(self) -> str:
        rng = self.rng
        if rng.random() < 0.6:
            row = rng.choice(INTERACTIONS)
            kinds = {
                "{type}": rng.choice([*TYPES, "Patient", "Observation"]),
                "{id}": rng.choice([*self.ids, "1", *_ODD]),
            }
            return "/" + "/".join(kinds.get(part, part) for part in row.shape)
        parts = [*TYPES, *_ODD, "_search", "_history", "metadata", "$summary", "$validate", "..", ".", "//", *self.ids]
        return "/" + "/".join(rng.choice(parts) for _ in range(rng.randrange(5)))

    def query(self) -> str:
        rng, names = self.rng, ["patient", "subject", "patient.identifier", "identifier", "code", "date", "_id", "_count", "_sort", "_total", "_cursor", "_format", "_lastUpdated", "_include", "value-quantity", "status", "code:not", "since", "profile", "x", ""]  # fmt: skip
        values = [*_ODD, *self.ids, "|".join(NANCY), "ge2026", "lt2026-13", "a|b", "|", "1|2|3", "-date", "json", "0", "500", "x,y", "Patient/1", f"{BASE}/Patient/1"]  # fmt: skip
        return "&".join(f"{rng.choice(names)}={rng.choice(values)}" for _ in range(rng.randrange(4)))

    def headers(self) -> list[tuple[bytes, bytes]]:
        rng = self.rng
        return [(rng.choice(_HEADERS).encode(), rng.choice(_VALUES)) for _ in range(rng.randrange(3))]

    def body(self) -> bytes:
        rng, dice = self.rng, self.rng.random()
        if dice < 0.1:
            return rng.randbytes(rng.randrange(60))
        if dice < 0.15:
            return self.query().encode("utf-8", "surrogatepass")
        value = copy.deepcopy(rng.choice(self.seeds))
        for _ in range(rng.randrange(4)):
            self._mutate(value)
        raw = json.dumps(value).encode()
        if rng.random() < 0.1:
            at = rng.randrange(len(raw))
            raw = raw[:at] + rng.randbytes(rng.randrange(3)) + raw[at + rng.randrange(3) :]
        return raw

    def _mutate(self, value: Any) -> None:
        rng = self.rng
        while isinstance(value, dict | list) and value:
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            key = rng.choice(keys)
            if isinstance(value[key], dict | list) and value[key] and rng.random() < 0.8:
                value = value[key]
                continue
            match rng.randrange(7):
                case 0:
                    value[key] = rng.choice(_ODD)
                case 1:
                    value[key] = rng.choice(_NUMBERS)
                case 2:
                    value[key] = rng.choice([[], {}, [[]], [None], {"a": 1}, {"reference": "#x"}, [{}]])
                case 3:
                    del value[key]
                case 4 if isinstance(value, dict):
                    value[rng.choice(["id", "meta", "extension", "_value", "reference", "resourceType", *_ODD])] = (
                        value[key]
                    )
                case 5:
                    value[key] = copy.deepcopy(rng.choice(self.seeds))
                case _:
                    value[key] = [value[key]] * rng.randrange(3)
            return


async def answered(world: World, method: str, path: str, query: str, headers: list[tuple[bytes, bytes]], body: bytes) -> tuple[int, dict[bytes, bytes], bytes]:  # fmt: skip
    """Send one request into the application as a server would."""
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": body[: len(body) // 2], "more_body": True}, {"type": "http.request", "body": body[len(body) // 2 :], "more_body": False}]  # fmt: skip

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": f"/fhir{path}",
        "raw_path": b"/fhir",
        "root_path": "",
        "query_string": query.encode("utf-8", "surrogatepass"),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    await world.app(scope, receive, send)
    start = next(one for one in sent if one["type"] == "http.response.start")
    whole = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
    return start["status"], dict(start["headers"]), whole


async def _hammer(world: World, seed: int, count: int) -> None:
    personas = ["gp", "gp", "gp-system", "gp-system", "hospital-doctor", "hospital-system", "municipality-system", "citizen", "register-feed", "dpo"]  # fmt: skip
    tokens = {name: f"Bearer {world.token(name)}".encode() for name in personas}
    found = await world.as_("gp").get("/Patient", params={"identifier": "|".join(NANCY)})
    ids = [part["resource"]["id"] for part in found.json()["entry"]]
    observations = await world.as_("gp").get("/Observation", params={"patient": ids[0], "_count": "3"})
    ids += [part["resource"]["id"] for part in observations.json()["entry"]]
    fuzz = Fuzz(seed, ids)
    for number in range(count):
        method = fuzz.rng.choice(["GET", "GET", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "x"])  # fmt: skip
        path, query, headers, body = fuzz.path(), fuzz.query(), fuzz.headers(), fuzz.body()
        if fuzz.rng.random() < 0.7:
            method, path, query, body = fuzz.likely()
            is_form = path.endswith("_search")
            headers = [(b"content-type", b"application/x-www-form-urlencoded" if is_form else b"application/fhir+json")]
        if fuzz.rng.random() < 0.95:
            headers.append((b"authorization", tokens[fuzz.rng.choice(personas)]))
        status, answer_headers, whole = await answered(world, method, path, query, headers, body)
        told = (seed, number, method, path, query, headers[:-1], body[:600], whole[:300])
        assert status < 500 or status == 501, told
        for name, value in answer_headers.items():
            assert b"\n" not in value + name, told
            assert b"\r" not in value + name, told
        if status >= 400 and method != "HEAD" and whole:
            message = json.loads(whole)
            assert message["resourceType"] in {"OperationOutcome", "Bundle"}, told
            assert NANCY[1].encode() not in whole or message["resourceType"] == "Bundle", told
        if whole and status < 300:
            json.loads(whole)


async def test_no_request_of_any_kind_gives_a_server_error(own_world: World) -> None:
    await _hammer(own_world, seed=20261122, count=SHORT)
    assert (await own_world.as_("gp").get("/Patient", params={"identifier": "|".join(NANCY)})).status_code == 200


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(4))
async def test_no_request_of_a_long_series_gives_a_server_error(own_world: World, seed: int) -> None:
    await _hammer(own_world, seed=seed, count=LONG)
