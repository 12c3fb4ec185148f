"""All that one caller can observe of one citizen: every way of reading, asked one after the other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import urlencode

from leak_world import Answer, Identifier, LeakWorld, parameters, told

Told = tuple[int, tuple[tuple[str, str], ...], bytes]


class Kind(Enum):
    """What a way of reading answers."""

    ONE = auto()
    LIST = auto()
    COUNT = auto()
    BATCH = auto()
    DOCUMENT = auto()
    PATIENT = auto()


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reading: what it answers about `ids`, and the status with which it refuses who has no basis."""

    kind: Kind
    ids: tuple[str, ...]
    refused: int
    method: str
    path: str
    json: Any = None
    form: Mapping[str, str] | None = None


def ways(patient: str, citizen: Identifier, ids: Collection[str], *, type_: str = "Condition") -> dict[str, Way]:
    """Return every way of reading a citizen's records, by name; `ids` are all that she has of the type."""
    every, number = tuple(ids), "|".join(citizen)
    found: dict[str, Way] = {
        "patient": Way(Kind.PATIENT, (), 404, "GET", f"/Patient/{patient}"),
        "patient history": Way(Kind.PATIENT, (), 404, "GET", f"/Patient/{patient}/_history"),
        "patient by number": Way(Kind.PATIENT, (), 403, "GET", f"/Patient?{urlencode({'identifier': number})}"),
        "summary by id": Way(Kind.DOCUMENT, every, 404, "GET", f"/Patient/{patient}/$summary"),
        "summary by id, posted": Way(Kind.DOCUMENT, every, 404, "POST", f"/Patient/{patient}/$summary"),
        "summary by number": Way(
            Kind.DOCUMENT, every, 403, "POST", "/Patient/$summary", json=parameters(identifier=citizen)
        ),
    }
    for more in ("", "&_sort=-_lastUpdated", "&_sort=recorded-date&_count=200"):
        path = f"/{type_}?patient={patient}&_total=accurate{more}"
        found[f"list{more}"] = Way(Kind.LIST, every, 403, "GET", path)
    for more in ("&_summary=count", "&_count=0", "&_count=1&_total=accurate"):
        found[f"count{more}"] = Way(Kind.COUNT, every, 403, "GET", f"/{type_}?patient={patient}{more}")
    found["list posted"] = Way(
        Kind.LIST, every, 403, "POST", f"/{type_}/_search", form={"patient": patient, "_total": "accurate"}
    )
    found["list by number"] = Way(
        Kind.LIST, every, 403, "GET", f"/{type_}?{urlencode({'patient.identifier': number, '_total': 'accurate'})}"
    )
    found["list in compartment"] = Way(Kind.LIST, every, 403, "GET", f"/Patient/{patient}/{type_}?_total=accurate")
    for at, id_ in enumerate(every):
        for tail, method in (("", "GET"), ("", "HEAD"), ("/_history", "GET"), ("/_history/1", "GET")):
            found[f"{at} {method}{tail}"] = Way(Kind.ONE, (id_,), 404, method, f"/{type_}/{id_}{tail}")
        found[f"{at} by id"] = Way(Kind.LIST, (id_,), 200, "GET", f"/{type_}?_id={id_}&_total=accurate")
        found[f"{at} batch"] = Way(Kind.BATCH, (id_,), 200, "POST", "", json=batch_of(f"{type_}/{id_}"))
    return found


def batch_of(*urls: str) -> dict[str, Any]:
    """Return a batch of reads."""
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


async def answers(leaks: LeakWorld, token: str | None, asked: Mapping[str, Way]) -> dict[str, Answer]:
    """Ask in every way."""
    return {
        name: await leaks.send(token, way.method, way.path, json=way.json, form=way.form) for name, way in asked.items()
    }


async def sweep(leaks: LeakWorld, token: str | None, asked: Mapping[str, Way]) -> dict[str, Told]:
    """Return all that is told; ids, times and random keys blanked, so that two sweeps can be compared."""
    return {name: told(answer, made=True) for name, answer in (await answers(leaks, token, asked)).items()}


async def check_shown(
    leaks: LeakWorld, token: str | None, asked: Mapping[str, Way], seen: Collection[str], *, basis: bool = True
) -> None:
    """Check that exactly `seen` is shown, in every way; without `basis` every way refuses."""
    for name, way in asked.items():
        answer = await leaks.send(token, way.method, way.path, json=way.json, form=way.form)
        _check(name, way, answer, set(seen) & set(way.ids), basis=basis)


def _check(name: str, way: Way, answer: Answer, seen: set[str], *, basis: bool) -> None:
    where = (name, answer.status, answer.body[:400])
    if not basis:
        assert answer.status == way.refused, where
        assert not seen, where
        if way.refused == 200:
            assert _refuses(way, answer), where
        return
    match way.kind:
        case Kind.ONE:
            assert answer.status == (200 if seen else 404), where
        case Kind.LIST:
            assert (answer.status, answer.ids(), answer.json["total"]) == (200, seen, len(seen)), where
        case Kind.COUNT:
            assert (answer.status, answer.json["total"]) == (200, len(seen)), where
        case Kind.BATCH:
            (part,) = answer.json["entry"]
            assert part["response"]["status"] == ("200 OK" if seen else "404"), where
        case Kind.DOCUMENT:
            assert answer.status == 200, where
            assert answer.ids() & set(way.ids) == seen, where
            assert {id_ for id_ in way.ids if id_.encode() in answer.body} == seen, where
        case Kind.PATIENT:
            assert answer.status == 200, where


def _refuses(way: Way, answer: Answer) -> bool:
    if way.kind is Kind.LIST:
        return bool(answer.json["total"] == 0 and "entry" not in answer.json)
    return [part["response"]["status"] for part in answer.json["entry"]] == ["404"]
