"""Attackers send anything: whatever JSON comes, translation answers and never raises."""

import json
import random
from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st
from translate_builders import RECEIVED_US, corpus_files, source

from app.translate import category_of, classify, directive_of, home_of, is_directive, other_citizens, relations_of
from app.translate.demographics import demographics_of
from app.translate.homes import Citizen, Directory, Homeless, Inherits
from app.translate.inheritance import inherited_in, links_of
from app.translate.labels import labels_of
from app.translate.representation import representations_of
from app.translate.times import OPEN_END, OPEN_START, as_period, bounds, moment
from consent.model import Directive
from consent.vocabulary import Function
from schemas.homes import HOMES
from schemas.terminology import systems

WORDS = [
    *(row.type for row in HOMES),
    *(
        [
            "subject",
            "patient",
            "for",
            "participant",
            "actor",
            "reference",
            "identifier",
            "system",
            "value",
            "code",
            "coding",
            "display",
            "meta",
            "security",
        ]
    ),
    *(
        [
            "status",
            "period",
            "start",
            "end",
            "provision",
            "type",
            "deny",
            "permit",
            "active",
            "purpose",
            "securityLabel",
            "data",
            "meaning",
            "contained",
            "id",
        ]
    ),
    *(
        [
            "entry",
            "resource",
            "url",
            "content",
            "attachment",
            "result",
            "name",
            "birthDate",
            "2025-01-01",
            "0000-00-00",
            "9999-12-31T23:59:60Z",
            "#p",
        ]
    ),
    *(
        [
            "Patient/p",
            "urn:uuid:1",
            "R",
            "V",
            "HIV",
            "DF20+DB24",
            "G1.39",
            "IMP",
            "finished",
            "booked",
            "order",
            "class",
            "serviceProvider",
            "activity",
            "detail",
        ]
    ),
    *(systems.CPR, systems.SKS, systems.FSIII, systems.ATC, systems.SOR, systems.CONFIDENTIALITY, systems.LABEL),
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=8), st.sampled_from(WORDS)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), inner, max_size=5),
    ),
    max_leaves=30,
)
RESOURCES = st.builds(
    lambda kind, content: {**content, "resourceType": kind},
    st.one_of(st.sampled_from([row.type for row in HOMES]), st.text(max_size=5), st.none()),
    st.dictionaries(st.sampled_from(WORDS), ANYTHING, max_size=8),
)


def translate(content):
    given_source = source()
    assert isinstance(home_of(content), (Citizen, Directory, Inherits, Homeless))
    other_citizens(content)
    classified = classify(content, given_source)
    low, high = classified.period_us
    assert OPEN_START <= low <= high <= OPEN_END
    assert (low, high) != (OPEN_START, OPEN_END)
    for row in relations_of(content, classified, source=given_source):
        row.relation(source="x")
    is_directive(content)
    directed = directive_of(content, id="Consent/c", version=1, resolve=lambda _: None)
    assert isinstance(directed, Directive) or directed
    category_of(content)
    demographics_of(content)
    representations_of(content, function=Function.REGISTER)
    links_of(content)
    inherited_in([(("x",), content)], [labels_of(content)], category_of)


@given(RESOURCES)
def test_any_json_object_is_translated(content):
    translate(content)


def test_published_resources_with_their_elements_torn_and_swapped_are_translated():
    paths = corpus_files("dk-core", "ips-1.1-examples")
    chance = random.Random(8)  # noqa: S311 - a fixed sequence is the point
    contents = [json.loads(path.read_text()) for path in paths]
    junk = [None, [], {}, "", "x", 0, -1, 1e308, True, [[]], [None], {"reference": []}, {"coding": {"code": 1}}]
    for content in contents:
        for _ in range(10):
            torn = json.loads(json.dumps(content))
            for _ in range(3):
                _tear(torn, chance, junk)
            translate(torn)


def _tear(value, chance, junk):
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        keys = [key for key in keys if key != "resourceType"]
        if not keys:
            return
        key = chance.choice(keys)
        inner = value[key]
        if isinstance(inner, (dict, list)) and inner and chance.random() < 0.7:
            value = inner
            continue
        value[key] = deepcopy(chance.choice(junk))
        return


def test_depth_is_no_way_in():
    deep = {"resourceType": "Condition"}
    inner = deep
    for _ in range(50_000):
        inner["contained"] = [{"resourceType": "Condition", "extension": [{}]}]
        inner = inner["contained"][0]
    inner["focus"] = [{"reference": "Patient/q"}]
    translate(deep)
    assert len(other_citizens(deep).faults) == 1


def test_the_ends_of_time_are_times():
    assert as_period((OPEN_START + 1, OPEN_END - 1)).start is not None
    assert moment(10**30) == moment(OPEN_END)
    for stated in ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        low, high = bounds(stated)
        assert OPEN_START <= low <= high <= OPEN_END
    assert bounds(RECEIVED_US) is None
    assert bounds("2025-02-30") is None
