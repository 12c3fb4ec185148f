"""What is measured on: synthetic citizens with much written about them, as the transactions that their sources send.

The demo's generator makes the lives. Those with about 150 resources are copied under new X-eCPR numbers, and every
resource without a narrative gets one, as the systems of hospitals send them: about 270 kB then come back.
"""

import copy
import random
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, islice
from typing import Any

import msgspec

from app.demo.chart import Submission
from app.demo.cluster import Cluster, generate
from schemas.terminology import systems

JSON = dict[str, Any]
_LIVES = 6
_RESOURCES = 160
_BODY_BYTES = 2_000
_WORDS = [
    "borger",
    "indlagt",
    "vurderet",
    "stabil",
    "tryk",
    "puls",
    "habituel",
    "tilstand",
    "smerter",
    "behandling",
    "fortsætter",
    "uændret",
    "kontrol",
    "ambulant",
    "egen",
    "læge",
    "hjemmesygepleje",
    "medicin",
    "dosis",
    "aften",
    "morgen",
    "plan",
    "opfølgning",
    "blodprøve",
    "svar",
    "normal",
    "let",
    "nedsat",
    "gangfunktion",
    "rollator",
    "støtte",
    "bad",
    "påklædning",
    "ernæring",
    "vægt",
    "væske",
    "udskillelse",
    "hud",
    "sår",
    "pleje",
    "skift",
    "samtale",
    "pårørende",
    "informeret",
    "enig",
    "udskrivelse",
    "aftalt",
    "dato",
    "afdeling",
    "sygeplejerske",
    "læge",
    "fysioterapeut",
    "træning",
    "mobilisering",
    "saturation",
    "ilt",
    "respiration",
]
TRANSACTION = 100
"""Resources in one measured transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """`citizens` are the identifiers of those who are read; `writing` is one transaction, with `number` to be replaced."""

    cluster: Cluster
    citizens: tuple[tuple[str, str], ...]
    submissions: tuple[Submission, ...]
    writing: bytes
    number: bytes


def corpus(*, citizens: int, at: datetime) -> Corpus:
    """Return so many citizens and what was sent about them; same arguments, same bytes."""
    cluster = generate(citizens=220, seed=1, at=at)
    lives: dict[str, list[Submission]] = {}
    for one in cluster.submissions:
        lives.setdefault(one.identifier[1], []).append(one)
    # Those with about 150 resources, and with a stay: an admission wants to know of the last one.
    admitted = [sent for sent in lives.values() if any(one.sender == "hospital-system" for one in sent)]
    alike = sorted(admitted, key=lambda sent: abs(sum(map(_size, sent)) - _RESOURCES))[:_LIVES]
    told = [[replace(one, bundle=_with_narratives(one.bundle)) for one in life] for life in alike]
    numbers = [number(place) for place in range(citizens)]
    sent = [
        _about(one, value)
        for value, life in zip(numbers, (told[n % _LIVES] for n in range(citizens)), strict=True)
        for one in life
    ]
    longest = max((one for life in told for one in life if one.sender == "hospital-system"), key=_size)
    return Corpus(
        cluster=cluster,
        citizens=tuple((systems.X_ECPR, value) for value in numbers),
        submissions=tuple(sent),
        writing=msgspec.json.encode({**longest.bundle, "entry": _closed(longest.bundle["entry"])}).replace(
            longest.identifier[1].encode(), PLACEHOLDER
        ),
        number=PLACEHOLDER,
    )


def number(place: int, letters: str = "QQ") -> str:
    """Return the X-eCPR-formed number of bench citizen `place`: letters in it, so never a real CPR."""
    place, digit = divmod(place, 10)
    place, day = divmod(place, 28)
    year, month = divmod(place, 12)
    return f"{day + 1:02d}{month + 1:02d}{year % 100:02d}1{letters}{digit}"


WRITTEN = "ZZ"
"""Letters of the citizens whom the measured transactions are about."""
PLACEHOLDER = number(0, WRITTEN).encode()
"""Stands for the citizen in the measured transaction; the load generator puts a new number there each time."""


def _size(one: Submission) -> int:
    return len(one.bundle["entry"])


def _about(one: Submission, value: str) -> Submission:
    """Return the same news about somebody else."""
    old = one.identifier[1]
    bundle = msgspec.json.decode(msgspec.json.encode(one.bundle).replace(old.encode(), value.encode()))
    identifiers = bundle["entry"][0]["resource"]["identifier"]
    identifiers[0]["system"], identifiers[0]["use"] = systems.X_ECPR, "temp"
    return replace(one, identifier=(systems.X_ECPR, value), bundle=bundle)


def _with_narratives(bundle: JSON) -> JSON:
    told = copy.deepcopy(bundle)
    rng = random.Random(len(told["entry"]))
    for entry in told["entry"]:
        resource = entry["resource"]
        missing = _BODY_BYTES - len(msgspec.json.encode(resource))
        if "text" not in resource and missing > 150:
            words = " ".join(islice((rng.choice(_WORDS) for _ in count()), (missing - 90) // 8))
            resource["text"] = {
                "status": "additional",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}.</p></div>',
            }
    return told


def _closed(entries: list[JSON]) -> list[JSON]:
    """Return so many entries that point to nothing outside of them; a shorter list is repeated under new addresses."""
    addresses = {entry["fullUrl"] for entry in entries}
    chosen: list[JSON] = []
    for round_ in count():
        kept: set[str] = set()
        for entry in entries if round_ == 0 else entries[1:]:
            text = msgspec.json.encode(entry["resource"]).decode()
            pointed = {address for address in addresses if address in text}
            if pointed - kept - {entries[0]["fullUrl"]} and pointed - kept:
                continue
            kept.add(entry["fullUrl"])
            chosen.append(_readdressed(entry, kept - {entries[0]["fullUrl"]}, round_))
            if len(chosen) == TRANSACTION:
                return chosen
        if not kept:
            break
    return chosen


def _readdressed(entry: JSON, addresses: set[str], round_: int) -> JSON:
    if round_ == 0:
        return entry
    text = msgspec.json.encode(entry).decode()
    for address in addresses:
        text = text.replace(address, f"{address[:-2]}{round_:02x}")
    again: JSON = msgspec.json.decode(text)
    return again
