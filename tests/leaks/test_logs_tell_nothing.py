"""No number, name, health text or token in a log line, a header, an error, a link or the record, whatever is sent.

Everything that is sent here holds some of them, in the right places and in the wrong ones. What a caller sent is not said
back to it in an error either: errors are kept, shown and forwarded by systems that keep them less well.
"""

import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import httpx2
import msgspec
import pytest
from leak_matrix import notification, report
from leak_sweep import answers, batch_of, ways
from leak_world import (
    ANNA,
    BO,
    CALLERS,
    EVA,
    HIDDEN,
    HOSPITAL,
    MARKS,
    MUNICIPALITY,
    NAMES,
    UNKNOWN,
    Answer,
    LeakWorld,
    about,
    block,
    condition,
    parameters,
    patient_resource,
    populate,
    serving_at,
    sor,
    transaction_of,
)
from served import Settings, environment_of, free_port, wait_until_ready
from sqlalchemy import select

from app.store import tables
from app.store.database import Query
from schemas.terminology import systems

JSON = dict[str, Any]
WORDS = "hemmelig helbredstekst"
CODE = "DF329"
NUMBERS = [number for _, number in (*NAMES, UNKNOWN)]
NUMBERS += [f"{number[:6]}-{number[6:]}" for number in NUMBERS]
PEOPLE = [family for family, _, _ in NAMES.values()]
SECRETS = [*NUMBERS, *PEOPLE, *MARKS.values(), WORDS]


def _tokens(leaks: LeakWorld) -> list[str]:
    """Return the tokens, and the parts of them that would do as well."""
    return [part for token in leaks.tokens.values() for part in (token, *token.split(".")[1:])]


def _odd_bodies() -> Iterator[bytes]:
    """Yield bodies in which what is secret stands in every wrong place."""
    number, family = ANNA[1], PEOPLE[0]
    good = condition("odd", code=CODE)
    wrong: list[JSON] = [
        {**good, number: True},
        {**good, family: [1]},
        {**good, f"_{number}": {}},
        {**good, "recordedDate": number},
        {**good, "onsetDateTime": family},
        {**good, "clinicalStatus": number},
        {**good, "clinicalStatus": {"coding": [{"system": number, "code": family}]}},
        {**good, "verificationStatus": {"coding": [{"system": systems.CONDITION_VERIFICATION, "code": number}]}},
        {**good, "subject": {"reference": f"Patient/{number}"}},
        {**good, "subject": {"reference": f"Patient?identifier={number}"}},
        {**good, "subject": {"reference": number, "type": number}},
        {**good, "subject": about((number, family))},
        {**good, "subject": {**about(ANNA), "type": family}},
        {**good, "subject": None, "note": [{"text": WORDS, number: number}]},
        {**good, "id": number},
        {**good, "meta": {"security": [{"system": number, "code": number}], "profile": [number]}},
        {**good, "code": {"text": WORDS, "coding": [{"system": systems.SKS_DIAGNOSIS, "code": number, number: 1}]}},
        {**good, "text": {"status": "generated", "div": f"<div><script>{WORDS} {number}</script></div>"}},
        {**good, "text": {"status": number, "div": f"<div {number}='{family}'>"}},
        {**good, "extension": [{"url": number, "valueString": number, "valueCode": family}]},
        {**good, "contained": [{"resourceType": number, "id": family}]},
        {**good, "resourceType": number},
        {**good, "resourceType": f"Condition{family}"},
        {"resourceType": "Patient", "identifier": number, "name": family, "birthDate": number},
        {**patient_resource(ANNA), "gender": family, "birthDate": f"{number[:2]}-{number[2:4]}", "link": [number]},
        {**patient_resource(ANNA), "link": [{"other": about(BO), "type": family}]},
        {**block(ANNA, actors=[sor("gp-1")]), "status": number, "scope": {"text": family}},
        {"resourceType": "Bundle", "type": number, "entry": [{"fullUrl": number, "resource": good}]},
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {"fullUrl": number, "resource": good, "request": {"method": family, "url": number}},
                {"resource": good, "request": {"method": "PUT", "url": f"Condition/{number}"}},
                {"resource": good, "request": {"method": "POST", "url": f"{family}?identifier={number}"}},
                {"resource": good, "request": {"method": "POST", "url": "Condition", "ifMatch": number}},
                {"request": {"method": "GET", "url": f"Patient?identifier={number}&{number}={family}"}},
            ],
        },
        {
            "resourceType": "Bundle",
            "type": "batch",
            "entry": [
                {"request": {"method": "GET", "url": f"{number}/{family}"}},
                {"request": {"method": "GET", "url": f"Condition?{number}={family}"}},
                {"request": {"method": "GET", "url": f"Condition?patient.identifier={number}"}},
                {"request": {"method": "GET", "url": f"Condition?code={family}&date={number}&_sort={number}"}},
                {"resource": {**good, number: 1}, "request": {"method": "POST", "url": "Condition"}},
                {"resource": good, "request": {"method": "PUT", "url": f"Condition/{number}"}},
                {
                    "resource": good,
                    "request": {"method": "POST", "url": "Condition", "ifNoneExist": f"{number}={family}"},
                },
            ],
        },
        {"resourceType": "Parameters", "parameter": [{"name": number, "valueString": family}]},
        parameters(identifier=(number, family), profile=number, reason=WORDS),
        parameters(identifier=ANNA, profile=f"http://{family}.example/{number}"),
        {"resourceType": "Parameters", "parameter": [{"name": "identifier", "valueString": number}]},
    ]
    yield from (msgspec.json.encode(one) for one in wrong)
    text = json.dumps(good)
    yield text[:-1].encode() + f',"{number}":1,"{number}":2}}'.encode()
    yield text[: len(text) // 2].encode() + number.encode()
    yield f'{{"resourceType":"Condition","{family}":"{number}"'.encode()
    yield f"{number} {family} {WORDS}".encode()
    yield b"\xff\xfe" + number.encode()
    yield f'["{number}"]'.encode()
    yield f'"{number}"'.encode()
    yield b'{"' + number.encode() + b'":' + b"[" * 200 + b"]" * 200 + b"}"


# An acknowledgement names the message as its sender did, to the sender: `$process-message` is tried with what has no id.
PATHS = ("", "/Condition", "/Patient", "/Consent", "/$process-message", "/$submit-report", "/Condition/$validate")
PATHS += ("/Patient/$summary", "/Patient/$emergency-access", "/Patient/$treating-now", f"/Condition/{ANNA[1]}")


def _odd_addresses() -> Iterator[tuple[str, str]]:
    """Yield addresses with a number or a name in every place; names of parameters that read like names are said back."""
    number, family = ANNA[1], PEOPLE[0]
    for name in (number, family):
        for path in (
            f"/{name}", f"/Condition/{name}", f"/Condition/{name}/_history/{name}", f"/{name}/{name}", f"/${name}",
            f"/Patient/{name}/Condition", f"/Patient/{name}/${name}", f"/Condition?{number}={name}", f"/Condition?patient={name}",
            f"/Condition?patient.identifier={systems.CPR}|{number}&{number}=1", f"/Condition?patient={name}&_sort={name}",
            f"/Condition?patient={name}&date={name}", f"/Condition?patient={name}&_count={name}", f"/Condition?_id={name}",
            f"/Condition?patient={name}&_include={name}", f"/Condition?patient={name}&code:{number}={name}",
            f"/Condition?_cursor={name}", f"/Patient?identifier={name}", f"/Patient?name={name}", f"/AuditEvent?patient={name}",
            f"/AuditEvent?patient={name}&agent={name}", f"/$notices?since={name}", f"/$notices?{number}={name}",
            f"/Patient/$summary?identifier={name}", f"/Patient/$summary?identifier={systems.CPR}|{number}&profile={name}",
            f"/Condition?_format={name}", f"/metadata?{number}={name}", f"/Patient?identifier={quote('|'.join(ANNA))}",
            f"/Condition?patient.identifier={quote('|'.join(BO))}&code={CODE}",
        ):  # fmt: skip
            for method in ("GET", "HEAD", "DELETE", "PATCH"):
                yield method, path


ODD_HEADERS = (
    "accept",
    "content-type",
    "if-match",
    "if-none-match",
    "if-none-exist",
    "prefer",
    "x-request-id",
    "range",
)


def _check_headers(answer: Answer, tokens: list[str]) -> None:
    told_of = json.dumps(answer.headers)
    assert not [secret for secret in (*SECRETS, *tokens) if secret in told_of], answer.headers


def _check_error(answer: Answer, tokens: list[str], *, sent: object) -> None:
    _check_headers(answer, tokens)
    if answer.status >= 400:
        words = answer.body.decode("utf-8", "replace")
        assert not [secret for secret in (*SECRETS, *tokens) if secret in words], (sent, words[:600])


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    """Everything that any logger says, at its loudest."""
    with caplog.at_level(logging.DEBUG):
        for name in list(logging.root.manager.loggerDict):
            logging.getLogger(name).setLevel(logging.NOTSET)
        yield caplog.records


def _check_log(heard: list[logging.LogRecord], tokens: list[str]) -> None:
    format_ = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s %(args)s")
    for record in heard:
        line = format_.format(record)
        assert not [secret for secret in (*SECRETS, *tokens) if secret in line], line[:600]


async def test_no_error_says_back_what_was_sent(leaks: LeakWorld, heard: list[logging.LogRecord]) -> None:
    tokens, refused = _tokens(leaks), 0
    writers = [leaks.token(HOSPITAL), leaks.tokens["gp"], leaks.tokens["citizen"]]
    for body in _odd_bodies():
        for path in PATHS:
            if path == "/$process-message" and b'"id"' in body:
                continue
            for token in writers if path in {"", "/Condition", "/Consent"} else writers[:1]:
                answer = await _raw(leaks, token, path, body)
                assert answer.status < 500, (path, body)
                _check_error(answer, tokens, sent=(path, body))
                if path in {"", "/Condition/$validate"} and answer.status == 200:
                    _check_outcomes(answer)
                refused += answer.status >= 400
    for method, path in _odd_addresses():
        for key in ("nurse", "blocked", "citizen"):
            answer = await leaks.send(leaks.tokens[key], method, path)
            _check_error(answer, tokens, sent=(method, path))
            refused += answer.status >= 400
    for header in ODD_HEADERS:
        for value in (
            ANNA[1],
            PEOPLE[0],
            f'W/"{ANNA[1]}"',
            f"identifier={ANNA[0]}|{ANNA[1]}",
            f"a/b;{ANNA[1]}={PEOPLE[0]}",
        ):
            for method, path in (
                ("GET", f"/Condition/{leaks.ids['label']}"),
                ("POST", "/Condition"),
                ("PUT", f"/Condition/{leaks.ids['open']}"),
            ):
                body = None if method == "GET" else {**condition("odd"), "id": leaks.ids["open"], "unknown": 1}
                if header == "x-request-id" and value == PEOPLE[0]:
                    continue  # a caller's name for its request is said back, unless it reads like a number
                answer = await leaks.send(leaks.token(HOSPITAL), method, path, json=body, headers={header: value})
                _check_error(answer, tokens, sent=(header, value))
    assert refused > 700
    _check_log(heard, tokens)


async def _raw(leaks: LeakWorld, token: str, path: str, body: bytes) -> Answer:
    """Send bytes as they are: `msgspec.Raw` is put into the request without being read."""
    return await leaks.send(token, "POST", path, json=msgspec.Raw(body))


def _check_outcomes(answer: Answer) -> None:
    """Check the outcomes within an answer that is none itself; what is stored may be shown to who stored it."""
    value = answer.json
    found = [value] if value.get("resourceType") == "OperationOutcome" else []
    found += [part["response"].get("outcome", {}) for part in value.get("entry", ()) if "response" in part]
    for outcome in found:
        words = json.dumps(outcome, ensure_ascii=False)
        assert not [secret for secret in SECRETS if secret in words], words[:600]


async def test_no_log_line_and_no_header_names_anybody(own_leaks: LeakWorld, heard: list[logging.LogRecord]) -> None:
    """All that is right, and all that is refused: reads, searches, documents, messages, reports, doors, the log."""
    leaks = own_leaks
    tokens = _tokens(leaks)
    ids = [leaks.ids[one.key] for one in HIDDEN if one.citizen == ANNA and one.type == "Condition"]
    for caller in CALLERS:
        for answer in (
            await answers(leaks, leaks.tokens.get(caller.key), ways(leaks.patients[ANNA], ANNA, ids))
        ).values():
            _check_error(answer, tokens, sent=caller.key)
    sent: list[tuple[str, str, str, Any]] = [
        (HOSPITAL, "POST", "/$process-message", notification(ANNA)),
        (HOSPITAL, "POST", "/$process-message", notification(UNKNOWN)),
        (MUNICIPALITY, "POST", "/$process-message", notification(ANNA)),
        (MUNICIPALITY, "POST", "/$submit-report", report(ANNA)),
        (MUNICIPALITY, "POST", "/$submit-report", report(UNKNOWN)),
        (HOSPITAL, "POST", "/$submit-report", report(ANNA)),
        (HOSPITAL, "POST", "", transaction_of(EVA, condition("later", citizen=EVA, code=CODE))),
        (HOSPITAL, "POST", "", transaction_of(ANNA, condition("two", citizen=BO))),
        ("heart-doctor", "POST", "/Patient/$treating-now", parameters(identifier=ANNA, reason=WORDS)),
        ("heart-doctor", "POST", "/Patient/$consent-now", parameters(identifier=UNKNOWN, reason=WORDS)),
        ("home-carer", "POST", "/Patient/$emergency-access", parameters(identifier=ANNA, reason=WORDS)),
        (MUNICIPALITY, "GET", "/$notices", None),
        ("heart-doctor", "POST", "/Patient/$disclose", parameters(identifier=ANNA, relative=UNKNOWN, category="plan")),
        ("gp", "POST", "/Patient/$disclose", parameters(identifier=UNKNOWN, relative=ANNA, category=WORDS)),
        ("home-nurse", "GET", f"/Patient/{ids[0]}/$received?id={ids[0]}", None),
        ("home-nurse", "POST", "", batch_of(f"Patient?identifier={'|'.join(ANNA)}", f"Condition/{ids[0]}")),
    ]
    for persona, method, path, body in sent:
        answer = await leaks.send(leaks.token(persona), method, path, json=body)
        if path != "/$process-message":
            _check_error(answer, tokens, sent=(persona, path))
        _check_headers(answer, tokens)
        assert NUMBERS[0].encode() not in answer.body or answer.status < 400
    _check_log(heard, tokens)
    await _check_record(leaks, tokens)


async def _check_record(leaks: LeakWorld, tokens: list[str]) -> None:
    """Check all rows of the record and of refused attempts, whatever the column."""
    kept = {"audit": tables.audit, "refusal": tables.refusal, "opening": tables.opening}
    async with leaks.world.service.database.snapshot() as snapshot:
        for name, table in kept.items():
            rows = await snapshot.rows(Query(("test-leaks", name), lambda table=table: select(*table.columns)), {})
            assert rows or name != "audit"
            text = repr(rows).encode() + b"".join(value for row in rows for value in row if isinstance(value, bytes))
            assert not [
                secret for secret in (*NUMBERS, *PEOPLE, *MARKS.values(), *tokens) if secret.encode() in text
            ], name


BREAKING = (
    "app.gate.decide", "app.store.facts.load_at", "app.gate.signatures.load", "app.gate.release",
    "app.store.resources.read", "app.store.citizens.find_pid", "app.audit.encode", "app.sharing.submit.submit",
)  # fmt: skip


@pytest.mark.parametrize("place", BREAKING)
async def test_no_failure_within_tells_what_it_was_about(
    leaks: LeakWorld, heard: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """An exception may quote a row: its type and place are logged, its message is not."""
    tokens = _tokens(leaks)

    def breaks(*args: object, **named: object) -> None:
        kept = (ANNA[1], PEOPLE[0], MARKS["label"], args, named)  # what a traceback with values would show
        raise ValueError(f"cannot read {kept} {leaks.tokens['nurse']}")

    monkeypatch.setattr(place, breaks)
    leaks.world.service.decisions.clear()  # what is remembered breaks nothing
    failed = 0
    for method, path, body in (
        ("GET", f"/Condition/{leaks.ids['label']}", None),
        ("GET", f"/Condition?patient.identifier={'|'.join(ANNA)}", None),
        ("POST", "/Patient/$summary", parameters(identifier=ANNA)),
        ("POST", "/Condition", condition("broken")),
        ("POST", "", batch_of(f"Condition/{leaks.ids['label']}")),
        ("POST", "", transaction_of(ANNA, condition("broken"))),
    ):
        answer = await leaks.send(leaks.tokens["nurse"], method, path, json=body)
        _check_error(answer, tokens, sent=(place, path))
        failed += answer.status >= 500
    assert failed or place == "app.sharing.submit.submit"
    _check_log(heard, tokens)


def _start(environment: Mapping[str, str], file: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.cli", "serve"]
    return subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)


def _title(pid: int) -> bytes:
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "comm"))


@pytest.fixture
async def loud_server(own_leaks_url: str, tmp_path: Path) -> AsyncIterator[tuple[LeakWorld, Settings, Path, int]]:
    """A server process at its loudest, and the file in which everything stands that it says."""
    async with serving_at(own_leaks_url) as world:
        made = await populate(world)
    port, said = free_port(), tmp_path / "said.txt"
    settings = Settings(
        mode="development",
        database_url=own_leaks_url,
        port=port,
        public_url=f"http://127.0.0.1:{port}/fhir",
        log_level="debug",
    )
    environment = {**environment_of(settings), "OVERGANG_LOG_LEVEL": "debug", "PYTHONASYNCIODEBUG": "1"}
    with said.open("wb") as file:
        process = _start(environment, file)
        try:
            await wait_until_ready(settings)
            yield made, settings, said, process.pid
        finally:
            process.terminate()
            assert process.wait(timeout=30) in {0, -15}


async def test_the_process_itself_says_nothing_of_anybody(
    loud_server: tuple[LeakWorld, Settings, Path, int],
) -> None:
    leaks, settings, said, pid = loud_server
    tokens = _tokens(leaks)
    async with httpx2.AsyncClient(base_url=settings.public_url, timeout=60) as client:
        for key in ("nurse", "blocked", "citizen"):
            headers = {"Authorization": f"Bearer {leaks.tokens[key]}"}
            for method, path in list(_odd_addresses())[::7]:
                answer = await client.request(method, settings.public_url + path, headers=headers)
                assert not [secret for secret in (*SECRETS, *tokens) if secret in str(answer.headers)]
                if answer.status_code >= 400:
                    assert not [secret for secret in (*SECRETS, *tokens) if secret in answer.text], (path, answer.text)
            for body in list(_odd_bodies())[::5]:
                for path in ("", "/Condition", "/Patient/$summary"):
                    answer = await client.post(settings.public_url + path, content=body, headers=headers)
                    assert answer.status_code < 500
            summary = await client.post(
                settings.public_url + "/Patient/$summary", json=parameters(identifier=ANNA), headers=headers
            )
            assert summary.status_code in {200, 403}
    words = said.read_text(encoding="utf-8", errors="replace")
    assert words, "it says that it is there: the control"
    assert not [secret for secret in (*SECRETS, *tokens) if secret in words]
    assert not [secret for secret in (*SECRETS, *tokens) if secret.encode() in _title(pid)]
