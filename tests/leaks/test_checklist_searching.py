"""The leak checklist, rows about searching. The nurse is the control: she sees what is hidden from the GP."""

from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode

import pytest
from leak_world import (
    ANNA,
    BO,
    BY_KEY,
    CALLER_OF,
    HIDDEN,
    SID,
    Answer,
    Caller,
    LeakWorld,
    condition,
    mark,
    sor,
    told,
)

from app.search.registry import PARAMETERS
from schemas.terminology import systems

GP, NURSE, CITIZEN = CALLER_OF["gp"], CALLER_OF["nurse"], CALLER_OF["citizen"]
CONDITIONS = [one for one in HIDDEN if one.type == "Condition" and one.citizen == ANNA]
LENIENT = {"Prefer": "handling=lenient"}


def visible(leaks: LeakWorld, who: Caller) -> set[str]:
    """Return the ids of Anna's Conditions that a caller sees."""
    return {leaks.ids[one.key] for one in CONDITIONS if who.sees(one)}


async def find(leaks: LeakWorld, who: Caller, *pairs: tuple[str, str], **how: dict[str, str]) -> Answer:
    """Search Anna's Conditions."""
    query = urlencode([("patient", leaks.patients[ANNA]), *pairs])
    return await leaks.ask(who, "GET", f"/Condition?{query}", **how)


async def pages(leaks: LeakWorld, who: Caller, *pairs: tuple[str, str]) -> AsyncIterator[Answer]:
    """Walk a search to its end."""
    answer = await find(leaks, who, *pairs)
    while True:
        assert answer.status == 200, answer.body
        yield answer
        links = {link["relation"]: link["url"] for link in answer.json["link"]}
        if "next" not in links:
            return
        answer = await leaks.ask(who, "GET", links["next"])


@pytest.mark.parametrize(
    "counting", ["_total=accurate", "_total=estimate", "_summary=count", "_totalMethod=count", "_count=0"]
)
async def test_row_01_totals_count_what_the_caller_sees(leaks: LeakWorld, counting: str) -> None:
    for who in (GP, NURSE, CITIZEN):
        name, _, value = counting.partition("=")
        answer = await find(leaks, who, (name, value))
        assert answer.json["total"] == len(visible(leaks, who)), who.key


async def test_row_02_pages_are_full_and_end_where_the_visible_ends(leaks: LeakWorld) -> None:
    for who in (GP, NURSE, CITIZEN):
        for size in (1, 2, 3):
            for order in ("recorded-date", "-recorded-date", "_lastUpdated", "-_lastUpdated", "onset-date"):
                found = [one async for one in pages(leaks, who, ("_count", str(size)), ("_sort", order))]
                sizes = [len(one.ids()) for one in found]
                total = len(visible(leaks, who))
                assert sizes == [size] * (total // size) + ([total % size] if total % size else []), (who.key, order)
                assert set().union(*(one.ids() for one in found)) == visible(leaks, who)


async def _page_token(leaks: LeakWorld, who: Caller) -> str:
    (first, *_) = [one async for one in pages(leaks, who, ("_count", "1"))]
    (link,) = (link["url"] for link in first.json["link"] if link["relation"] == "next")
    return str(link.partition("_cursor=")[2])


async def test_row_03_a_page_token_is_nobodys_but_the_callers(leaks: LeakWorld) -> None:
    token = await _page_token(leaks, NURSE)
    assert (await leaks.ask(NURSE, "GET", f"/Condition?_cursor={token}")).status == 200
    for who in (one for one in CALLER_OF.values() if one.enters and one is not NURSE):
        answer = await leaks.ask(who, "GET", f"/Condition?_cursor={token}")
        garbage = await leaks.ask(who, "GET", f"/Condition?_cursor={token[::-1]}")
        assert answer.status == 400, who.key
        assert told(answer) == told(garbage)
    assert (await leaks.ask(NURSE, "GET", f"/Observation?_cursor={token}")).status == 400
    assert (await leaks.ask(NURSE, "GET", f"/Condition?_cursor={token}&patient={leaks.patients[BO]}")).status == 400


async def test_row_03_a_page_token_opens_nothing_once_the_citizen_has_blocked(own_leaks: LeakWorld) -> None:
    from leak_world import block

    token = await _page_token(own_leaks, NURSE)
    made = await own_leaks.ask(CITIZEN, "POST", "/Consent", json=block(ANNA, actors=[sor("municipality-a")]))
    assert made.status == 201
    answer = await own_leaks.ask(NURSE, "GET", f"/Condition?_cursor={token}")
    assert answer.status == 403
    assert b"maerke" not in answer.body


INCLUDES = (
    "_include=Condition:subject",
    "_include=Condition:asserter",
    "_include=*",
    "_include=Condition:*",
    "_include:iterate=Condition:subject",
    "_include:recurse=Condition:subject",
    "_revinclude=Provenance:target",
    "_revinclude=*",
    "_revinclude:iterate=Observation:focus",
    "_contained=both",
    "_containedType=container",
)


@pytest.mark.parametrize("pair", INCLUDES)
async def test_row_04_nothing_is_included(leaks: LeakWorld, pair: str) -> None:
    await _is_refused_and_never_widens(leaks, pair)


CHAINS = (
    "subject:Patient.name=Lindekrans",
    "subject.name=Lindekrans",
    "subject.birthdate=1948-12-25",
    "asserter.name=Testlund",
    "asserter:Practitioner.identifier=X0D05",
    "encounter.status=in-progress",
    "evidence-detail.code=8867-4",
    "_has:Provenance:target:recorded=ge2000",
    "_has:Observation:focus:code=8867-4",
    "code-value-quantity=8867-4$gt1",
    "combo-code-value-quantity=8867-4$gt1",
)


@pytest.mark.parametrize("pair", CHAINS)
async def test_row_05_chains_reverse_chains_and_composites_are_refused(leaks: LeakWorld, pair: str) -> None:
    await _is_refused_and_never_widens(leaks, pair)


async def _is_refused_and_never_widens(leaks: LeakWorld, pair: str) -> None:
    name, _, value = pair.partition("=")
    for who in (GP, NURSE):
        strict = await find(leaks, who, (name, value))
        assert strict.status == 400, strict.body
        lenient = await find(leaks, who, (name, value), headers=LENIENT)
        assert lenient.status in {200, 400}
        if lenient.status == 200:  # left out and named: then it is the search without it
            found = {entry["resource"].get("id") for entry in lenient.json["entry"]} - {None}
            assert found == visible(leaks, who)
            assert {entry["search"]["mode"] for entry in lenient.json["entry"]} <= {"match", "outcome"}


def _codes(key: str) -> list[str]:
    (coding,) = BY_KEY[key].resource["code"]["coding"]
    return [coding["code"], f"{coding['system']}|{coding['code']}"]


@pytest.mark.parametrize("what", CONDITIONS, ids=lambda one: one.key)
async def test_row_06_filters_find_a_hidden_record_no_more_than_one_that_is_not(leaks: LeakWorld, what) -> None:
    pairs = [("code", code) for code in _codes(what.key)] + [("identifier", what.local), ("identifier", f"{SID}|")]
    for who in (GP, NURSE, CITIZEN):
        for name, value in pairs:
            everything = name == "identifier" and value.endswith("|")
            expected = visible(leaks, who) if everything else visible(leaks, who) & {leaks.ids[what.key]}
            answer = await find(leaks, who, (name, value), ("_total", "accurate"))
            assert answer.ids() == expected, (who.key, name, value)
            assert answer.json["total"] == len(expected)


async def test_row_06_negation_absence_and_order_speak_of_the_visible_alone(leaks: LeakWorld) -> None:
    for who in (GP, NURSE, CITIZEN):
        seen = visible(leaks, who)
        open_, resolved = {leaks.ids["open"]}, {leaks.ids["period"]} & seen
        expected = {
            ("code:not", _codes("open")[0]): seen - open_,
            ("code:not", "no-such-code"): seen,
            ("clinical-status:not", "active"): resolved,
            ("clinical-status", "resolved"): resolved,
            ("identifier:missing", "true"): set(),
            ("identifier:missing", "false"): seen,
            ("asserter:missing", "false"): {leaks.ids["person"]} & seen,
            ("asserter:missing", "true"): seen - {leaks.ids["person"]},
            ("onset-date", "lt2016"): resolved,
            ("onset-date", "ge2016"): seen - resolved,
            ("recorded-date", "2024-02-02"): seen,
            ("_lastUpdated", "gt2000"): seen,
        }
        for pair, found in expected.items():
            answer = await find(leaks, who, pair, ("_total", "accurate"))
            assert answer.status == 200, (pair, answer.body)
            assert (answer.ids(), answer.json["total"]) == (found, len(found)), (who.key, pair)


@pytest.mark.parametrize(
    "pair", ["_filter=code eq DF329", "_text=maerke", "_content=maerke", "_query=all", "_list=x", "_sort=code"]
)
async def test_row_06_what_would_look_beyond_is_refused(leaks: LeakWorld, pair: str) -> None:
    name, _, value = pair.partition("=")
    for who in (GP, NURSE):
        assert (await find(leaks, who, (name, value))).status == 400


async def test_row_07_a_parameter_given_twice_or_as_a_list_never_turns_and_into_or(leaks: LeakWorld) -> None:
    anna, bo = leaks.patients[ANNA], leaks.patients[BO]
    for query in (
        f"patient={anna}&patient={bo}",
        f"patient={anna}&subject={bo}",
        f"patient={anna},{bo}",
        f"patient={bo},{anna}",
        f"patient={anna}&patient.identifier={quote('|'.join(BO))}",
        f"patient={anna}&subject:Patient={bo}",
        f"_id={leaks.ids['open']}&_id={leaks.ids['other']}",
    ):
        for who in (GP, NURSE, CALLER_OF["other-gp"]):
            assert (await leaks.ask(who, "GET", f"/Condition?{query}")).status == 400, query
    # Ids of others, and ids of nobody, change nothing of what the caller's own find.
    for more in (leaks.ids["other"], leaks.ids["label"], leaks.never[ANNA], leaks.never[BO], leaks.alien):
        for ids in (f"{leaks.ids['open']},{more}", f"{more},{leaks.ids['open']}"):
            answer = await leaks.ask(GP, "GET", f"/Condition?_id={ids}&_total=accurate")
            assert (answer.status, answer.ids(), answer.json["total"]) == (200, {leaks.ids["open"]}, 1), more
    path = f"/Patient/{anna}/Condition"
    for query in (f"patient={bo}", f"subject={bo}", f"patient:Patient={bo}", "subject.name=x"):
        assert (await leaks.ask(GP, "GET", f"{path}?{query}")).status == 400, query
    for one in ("identifier", "code"):
        value = f"{BY_KEY['open'].local},{BY_KEY['label'].local}" if one == "identifier" else "DZ039,DF329"
        answer = await find(leaks, GP, (one, value), ("_total", "accurate"))
        assert (answer.ids(), answer.json["total"]) == ({leaks.ids["open"]}, 1)
    ids = ",".join(leaks.ids[one.key] for one in HIDDEN)
    answer = await find(leaks, GP, ("_id", ids), ("_total", "accurate"))
    assert (answer.ids(), answer.json["total"]) == ({leaks.ids["open"]}, 1)
    answer = await find(leaks, NURSE, ("_id", ids), ("_total", "accurate"))
    assert answer.ids() == visible(leaks, NURSE)


@pytest.mark.parametrize("name", ["_security", "_tag", "_profile", "_source"])
async def test_row_24_labels_cannot_be_asked_for(leaks: LeakWorld, name: str) -> None:
    for value in ("R", "PSY", f"{systems.CONFIDENTIALITY}|R", f"{systems.LABEL}|national-genome"):
        for who in (GP, NURSE, CITIZEN):
            answer = await find(leaks, who, (name, value))
            assert answer.status == 400 or answer.ids() == set(), (name, value)


async def test_row_24_nothing_that_is_shown_bears_a_label_or_says_that_something_was_left_out(leaks: LeakWorld) -> None:
    for who in (GP, NURSE, CITIZEN):
        for path in (f"/Condition?patient={leaks.patients[ANNA]}", f"/Patient/{leaks.patients[ANNA]}/$summary"):
            answer = await leaks.ask(who, "GET", path)
            for entry in answer.json["entry"]:
                labels = {code["code"] for code in entry["resource"].get("meta", {}).get("security", ())}
                assert labels <= {"HTEST"}, (who.key, labels)
            assert b"SUBSETTED" not in answer.body
            assert b"REDACTED" not in answer.body


UNKNOWN = (
    "patiant",
    "subjects",
    "Code",
    "code:exactly",
    "code:below",
    "code:in",
    "_lastUpdated:missing",
    "severety",
    "x" * 80,
)


@pytest.mark.parametrize("name", UNKNOWN)
async def test_row_25_a_mistyped_parameter_never_widens_a_search(leaks: LeakWorld, name: str) -> None:
    for who in (GP, NURSE):
        assert (await find(leaks, who, (name, "x"))).status == 400
    assert (await leaks.ask(NURSE, "GET", f"/Condition?{name}={leaks.patients[ANNA]}")).status == 400
    lenient = await leaks.ask(NURSE, "GET", f"/Condition?{name}={leaks.patients[ANNA]}", headers=LENIENT)
    assert lenient.status == 400, "without a citizen there is no search, however lenient"


async def test_row_25_without_a_citizen_there_is_no_search(leaks: LeakWorld) -> None:
    for query in (
        "",
        "?_count=1",
        "?_total=accurate",
        "?_summary=count",
        "?code=DZ039",
        f"?identifier={quote(BY_KEY['open'].local)}",
    ):
        for who in (GP, NURSE, CITIZEN, CALLER_OF["data-protection"], CALLER_OF["system"]):
            assert (await leaks.ask(who, "GET", f"/Condition{query}")).status == 400
    for query in (
        "?name=Lindekrans",
        "?birthdate=1948-12-25",
        "?family=Lindekrans&gender=female",
        "?identifier:missing=false",
    ):
        assert (await leaks.ask(NURSE, "GET", f"/Patient{query}")).status == 400


async def test_row_27_no_answer_to_any_parameter_holds_a_word_of_what_is_hidden(leaks: LeakWorld) -> None:
    """Every parameter of the type, with every modifier, and the values that the hidden records have."""
    values = {
        "token": [code for one in CONDITIONS for code in _codes(one.key)] + ["active", "resolved", "confirmed"],
        "reference": [leaks.patients[ANNA], f"Patient/{leaks.patients[ANNA]}", leaks.ids["label"]],
        "date": ["ge2010", "lt2030", "2015-03-01"],
        "string": ["maerke", "a"],
        "quantity": ["gt0"],
        "uri": [systems.BLOCK_PROFILE],
        "id": [leaks.ids["label"]],
        "updated": ["ge2000"],
    }
    ids = {leaks.ids[one.key]: one for one in HIDDEN}
    for row in PARAMETERS["Condition"].values():
        for modifier in ("", *(f":{name}" for name in row.modifiers)):
            for value in ["true", "false"] if modifier == ":missing" else values[row.kind]:
                answer = await find(leaks, GP, (f"{row.name}{modifier}", value), ("_total", "accurate"))
                assert answer.status in {200, 400}
                if answer.status == 200:
                    assert answer.ids() <= {leaks.ids["open"]}, (row.name, modifier, value)
                    assert answer.json["total"] == len(answer.ids())
                words = answer.body.decode()
                for id_, one in ids.items():
                    assert GP.sees(one) or id_ not in words
                    assert GP.sees(one) or mark(one.key) not in words


async def test_hidden_records_move_no_tag_no_total_and_no_page_of_what_is_visible(own_leaks: LeakWorld) -> None:
    """Adding a record that the reader may not see alters nothing that the reader can observe."""
    leaks = own_leaks

    async def observed() -> list[object]:
        document = f"/Patient/{leaks.patients[ANNA]}/$summary"
        summary = await leaks.ask(GP, "GET", document)
        etag = dict(summary.headers)["etag"]
        return [
            etag,
            told(summary, made=True),
            (await leaks.ask(GP, "GET", document, headers={"If-None-Match": etag})).status,
            told(await find(leaks, GP, ("_total", "accurate"))),
            told(await find(leaks, GP, ("_count", "1"), ("_sort", "-_lastUpdated"))),
            (await leaks.ask(GP, "GET", f"/Condition/{leaks.ids['open']}")).body,
            (await leaks.ask(GP, "GET", f"/Condition/{leaks.ids['open']}/_history")).body,
            told(await leaks.ask(GP, "GET", f"/Patient?identifier={quote('|'.join(ANNA))}")),
        ]

    before = await observed()
    hidden = condition("later", code="DF200", recorder=sor("lung-ward") | {"type": "PractitionerRole"})
    for sender, resource in (("hospital-system", hidden), ("hospital-system", condition("later-2", code="DF209"))):
        made = await leaks.send(leaks.token(sender), "POST", "/Condition", json=resource)
        assert made.status == 201
        assert (await leaks.ask(NURSE, "GET", f"/Condition/{made.json['id']}")).status == 200
    assert await observed() == before
