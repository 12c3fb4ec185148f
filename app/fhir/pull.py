"""The Parameters that a summary is nearly always asked for with, read in one step.

Whatever has another form, or any fault, goes the long way through the write gate, which names the faults.
INVARIANT: what is read here the gate admits too, and both find the same (tests/app/fhir/test_pull.py).
"""

from typing import Annotated

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder

from app.fhir.parameters import Input
from schemas.syntax import may_repeat_keys

_Uri = Annotated[
    str, Meta(pattern=r"\A(urn:oid:[0-2](\.(0|[1-9][0-9]{0,30})){1,40}|https?://[A-Za-z0-9./_-]{1,200})\Z")
]
_Value = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,64}\Z")]
_Canonical = Annotated[str, Meta(pattern=r"\Ahttps?://[A-Za-z0-9./_-]{1,200}\Z")]


class _Identifier(Struct, forbid_unknown_fields=True):
    system: _Uri
    value: _Value


class _ByIdentifier(Struct, forbid_unknown_fields=True, tag_field="name", tag="identifier"):
    valueIdentifier: _Identifier  # noqa: N815


class _Profile(Struct, forbid_unknown_fields=True, tag_field="name", tag="profile"):
    valueCanonical: _Canonical  # noqa: N815


class _Pull(Struct, forbid_unknown_fields=True, tag_field="resourceType", tag="Parameters"):
    parameter: Annotated[list[_ByIdentifier | _Profile], Meta(min_length=1, max_length=2)]


_decoder = Decoder(_Pull)
_KEYS = {_ByIdentifier: 4, _Profile: 2}


def read(raw: bytes) -> Input | None:
    """Return what the body asks for, or None when it must go through the write gate."""
    try:
        asked = _decoder.decode(raw).parameter
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if len({type(one) for one in asked}) != len(asked):
        return None
    if may_repeat_keys(raw, keys=2 + sum(_KEYS[type(one)] for one in asked)):
        return None
    values: dict[str, object] = {}
    for one in asked:
        if isinstance(one, _Profile):
            values["profile"] = one.valueCanonical
        else:
            values["identifier"] = {"system": one.valueIdentifier.system, "value": one.valueIdentifier.value}
    return Input(values)
