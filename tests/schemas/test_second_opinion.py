"""The models of `fhir.resources` (R4B) as a second opinion: what they refuse, we must not admit."""

import json
from functools import cache
from typing import Any

import pytest
from gate_builders import CORPUS, text_of
from test_invariants import CASES
from test_profiles import GOOD as GOOD_PROFILES
from test_write_gate import GOOD


@cache
def _model(type_: str) -> Any:
    from fhir.resources.R4B import get_fhir_model_class

    return get_fhir_model_class(type_)


def _refused(raw: bytes) -> bool:
    resource = json.loads(raw)
    try:
        _model(resource["resourceType"]).model_validate_json(raw)
    except ValueError:
        return True
    return False


_HELD = {f"what keeps {key}": case[2] for key, case in CASES.items()}
_ALL = GOOD | GOOD_PROFILES | _HELD


@pytest.mark.parametrize("name", _ALL)
def test_what_we_admit_the_models_take_too(name: str) -> None:
    assert not _refused(text_of(_ALL[name]))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")
def test_the_models_take_what_others_published_and_so_do_we() -> None:
    refused = [file.name for file in sorted(CORPUS.glob("[di]*/[!B]*.json")) if _refused(file.read_bytes())]

    assert refused == []
