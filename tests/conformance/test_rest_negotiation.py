"""Media types, methods, addresses, and an OperationOutcome on every error. Source: https://hl7.org/fhir/R4/http.html"""

import json

import pytest
from rest_builders import created, observation
from served import FHIR_JSON, NANCY, World, issues, summary_of

from schemas.admit import faults_of
from schemas.homes import HOMES

FORM = "application/x-www-form-urlencoded"
ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (FHIR_JSON, 200),
        ("application/json", 200),
        ("text/json", 200),
        ("application/json+fhir", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("", 200),
        ("application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+json;fhirVersion=4.0;charset=utf-8", 200),
        ("APPLICATION/FHIR+JSON", 200),
        ("application/fhir+xml, application/fhir+json;q=0.5", 200),
        ("application/fhir+json, */*; q=0.1", 200),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200),
        ("application/fhir+json; fhirVersion=3.0", 406),
        ("application/fhir+json; fhirVersion=5.0", 406),
        ("application/fhir+xml", 406),
        ("text/html", 406),
        ("application/fhir+json;q=0", 406),
        ("nonsense", 406),
    ],
)
async def test_accept_is_honoured(world: World, accept: str, status: int) -> None:
    id_ = (await created(world)).json()["id"]
    answer = await world.as_("gp").get(f"/Observation/{id_}", headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["content-type"] == f"{FHIR_JSON}; charset=utf-8"
    if status != 200:
        assert issues(answer)[0]["code"] == "not-supported"


@pytest.mark.parametrize(
    ("format_", "status"),
    [
        ("json", 200),
        ("application/json", 200),
        ("application/fhir+json", 200),
        ("xml", 406),
        ("ttl", 406),
        ("text/html", 406),
        ("", 406),
    ],
)
async def test_format_overrides_accept(world: World, format_: str, status: int) -> None:
    id_ = (await created(world)).json()["id"]
    answer = await world.as_("gp").get(
        f"/Observation/{id_}", params={"_format": format_}, headers={"Accept": "application/fhir+xml"}
    )
    assert answer.status_code == status
    search = await world.as_("gp").get(
        "/Observation", params={"patient.identifier": "|".join(NANCY), "_format": format_, "_count": "1"}
    )
    assert search.status_code == status


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (FHIR_JSON, 201),
        ("application/json", 201),
        ("application/json; charset=UTF-8", 201),
        ("application/fhir+json; charset=utf-8; fhirVersion=4.0", 201),
        ("Application/FHIR+JSON", 201),
        ("application/fhir+json; fhirVersion=4.3", 415),
        ("application/json; charset=iso-8859-1", 415),
        ("application/fhir+xml", 415),
        ("text/plain", 415),
        (FORM, 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/json-patch+json", 415),
        ("nonsense", 415),
    ],
)
async def test_content_type_is_honoured(world: World, content_type: str, status: int) -> None:
    before = await world.change()
    answer = await world.as_("gp").post("/Observation", content=observation(), headers={"Content-Type": content_type})
    assert answer.status_code == status
    if status != 201:
        assert issues(answer)[0]["code"] == "not-supported"
        assert await world.change() == before


async def test_a_search_form_is_a_form(world: World) -> None:
    gp, text = world.as_("gp"), f"patient.identifier={'|'.join(NANCY)}&_count=1"
    assert (await gp.post("/Observation/_search", content=text, headers={"Content-Type": FORM})).status_code == 200
    as_json = await gp.post("/Observation/_search", content=text, headers={"Content-Type": "application/json"})
    assert as_json.status_code == 415
    assert issues(as_json)
    not_utf8 = await gp.post("/Observation/_search", content=b"code=\xff", headers={"Content-Type": FORM})
    assert not_utf8.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/Observation/1", "DELETE, GET, HEAD, PUT"),
        ("POST", "/Observation/1", "DELETE, GET, HEAD, PUT"),
        ("PUT", "/Observation", "GET, HEAD, POST"),
        ("DELETE", "/Observation", "GET, HEAD, POST"),
        ("DELETE", "/Observation/1/_history", "GET, HEAD"),
        ("PUT", "/Observation/1/_history/1", "GET, HEAD"),
        ("GET", "/Observation/_search", "POST"),
        ("GET", "/", "POST"),
        ("GET", "/$process-message", "POST"),
        ("GET", "/$submit-report", "POST"),
        ("POST", "/$notices", "GET, HEAD"),
        ("GET", "/Patient/$treating-now", "POST"),
        ("POST", "/metadata", "GET, HEAD"),
        ("BREW", "/Observation/1", "DELETE, GET, HEAD, PUT"),
        ("OPTIONS", "/Observation/1", "DELETE, GET, HEAD, PUT"),
    ],
)
async def test_another_method_gets_405_and_the_ones_that_work(world: World, method: str, path: str, allow: str) -> None:
    answer = await world.as_("gp").request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert issues(answer)[0]["code"] == "not-supported"


async def test_a_trailing_slash_changes_nothing(world: World) -> None:
    id_, gp = (await created(world)).json()["id"], world.as_("gp")
    assert (await gp.get(f"/Observation/{id_}/")).content == (await gp.get(f"/Observation/{id_}")).content
    assert (await gp.post("/Observation/", content=observation())).status_code == 201
    assert (await world.anonymous().get("/metadata/")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/Spaceship",
        "/Spaceship/1",
        "/Spaceship/_search",
        "/Account/1",
        "/observation/1",
        "/patient",
        "/Observation/1/2/3/4/5",
        "/$nonsense",
        "/Patient/$nonsense",
        "/Observation/$summary",
        "/Observation/1/Condition",
        "/_history",
        "/Observation/_history",
        "/favicon.ico",
        "/Patient/1/$everything",
        "/%00/%ff",
        "/Observation/%2e%2e/%2e%2e/etc",
    ],
)
async def test_an_unknown_type_or_operation_is_404(world: World, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await world.as_("gp").request(method, path)
        assert answer.status_code in {404, 405}, answer.text
        assert answer.status_code == 404 or method == "POST" or "allow" in answer.headers
        assert issues(answer)[0]["code"] in {"not-found", "not-supported"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/Observation/1"),
        ("GET", "/Observation?patient=1"),
        ("POST", "/Observation"),
        ("PUT", "/Observation/1"),
        ("DELETE", "/Observation/1"),
        ("POST", "/"),
        ("POST", "/Patient/$summary"),
        ("POST", "/$process-message"),
        ("GET", "/$notices"),
        ("GET", "/AuditEvent?patient=1"),
    ],
)
async def test_without_a_believable_token_there_is_401_with_a_challenge(world: World, method: str, path: str) -> None:
    stale = world.token("gp", at_us=1_000_000_000_000_000)
    future = world.token("gp", at_us=4_000_000_000_000_000)
    for authorization in (None, "Bearer", "Bearer x", "Basic Z3A6Z3A=", f"Bearer {stale}", f"Bearer {future}"):
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = await world.anonymous().request(method, path, headers=headers)
        assert answer.status_code == 401, (authorization, answer.text)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert issues(answer)[0]["code"] == "login"


async def test_a_token_whose_signature_was_changed_is_not_believed(world: World) -> None:
    head, payload, signature = world.token("gp").split(".")
    forged = signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")
    for token in (f"{head}.{payload}.{forged}", f"{head}.{payload}.", f"{head}..{signature}", f"{head}.{payload}"):
        answer = await world.anonymous().get("/Observation/1", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_every_error_is_a_valid_operation_outcome_with_a_known_issue_code(world: World) -> None:
    gp, json_ = world.as_("gp"), {"Content-Type": FHIR_JSON}
    id_ = (await created(world)).json()["id"]
    await gp.delete(f"/Observation/{id_}")
    answers = {
        400: await gp.get("/Observation", params={"patient.identifier": "|".join(NANCY), "nonsense": "1"}),
        401: await world.anonymous().get("/Observation/1"),
        403: await world.as_("surgeon").post("/Patient/$summary", json=summary_of()),
        404: await gp.get(f"/Observation/{ABSENT}"),
        405: await gp.patch("/Observation/1"),
        406: await gp.get("/Observation/1", headers={"Accept": "text/html"}),
        410: await gp.get(f"/Observation/{id_}"),
        412: await gp.delete(f"/Observation/{id_}", headers={"If-Match": 'W/"9"'}),
        413: await gp.post("/Observation", content=b" " * (16 * 2**20 + 1), headers=json_),
        415: await gp.post("/Observation", content=b"<x/>", headers={"Content-Type": "application/fhir+xml"}),
        422: await gp.post("/Observation", content=b'{"resourceType":"Observation"}', headers=json_),
    }
    for status, answer in answers.items():
        assert answer.status_code == status, answer.text
        assert issues(answer)
        assert faults_of(answer.json()) == []
        assert NANCY[1] not in answer.text


@pytest.mark.parametrize("row", HOMES, ids=lambda row: str(row.type))
async def test_a_declared_length_over_the_limit_is_refused_before_it_is_read(world: World, row: object) -> None:
    answer = await world.as_("gp").post(
        f"/{getattr(row, 'type', '')}", content=b"{}", headers={"Content-Type": FHIR_JSON, "Content-Length": str(2**40)}
    )
    assert answer.status_code in {404, 405, 413}


async def test_an_address_that_is_too_long_is_refused(world: World) -> None:
    gp = world.as_("gp")
    for path in (f"/Observation/{'a' * 300}", f"/Observation?code={'a' * 9000}"):
        answer = await gp.get(path)
        assert answer.status_code in {400, 414}
        assert issues(answer)


async def test_a_valid_resource_passes_validate_and_an_invalid_one_is_told_why(world: World) -> None:
    gp, before = world.as_("gp"), await world.row_counts()
    good = await gp.post("/Observation/$validate", content=observation())
    assert good.status_code == 200
    assert {issue["severity"] for issue in issues(good)} == {"information"}
    bad = await gp.post(
        "/Observation/$validate", content=observation(status="finished", effectiveDateTime="2026-13-01")
    )
    assert bad.status_code == 200
    assert [issue["expression"] for issue in issues(bad)] == [["Observation.status"], ["Observation.effective"]]
    wrapped = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": json.loads(observation())}]}
    inside = await gp.post("/Observation/$validate", json=wrapped)
    assert {issue["severity"] for issue in issues(inside)} == {"information"}
    other = await gp.post("/Condition/$validate", content=observation())
    assert issues(other)[0]["severity"] == "error"
    assert issues(await gp.post("/Observation/$validate", content=b"{"))[0]["severity"] == "error"
    assert await world.row_counts() == before
