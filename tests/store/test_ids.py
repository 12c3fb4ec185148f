import base64
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.ids import Ids

IDS = Ids(bytes(range(16)))
pids = st.integers(0, 2**40 - 1)
ns = st.integers(0, 2**22 - 1)


@given(pids, ns)
def test_an_id_leads_back_to_its_resource(pid, n):
    text = IDS.encode(pid, n)

    assert IDS.decode(text) == (pid, n)
    assert re.fullmatch(r"[a-z2-7]{26}", text)


@given(pids, st.lists(ns))
def test_ids_made_together_are_those_made_alone(pid, several):
    assert IDS.encode_all(pid, several) == [IDS.encode(pid, n) for n in several]


@given(pids, ns)
def test_an_id_is_plain_base32_of_one_block(pid, n):
    text = IDS.encode(pid, n)

    block = base64.b32decode(text.upper() + "======")
    assert base64.b32encode(block).decode().rstrip("=").lower() == text


@given(st.text() | st.text(string.ascii_lowercase + "234567", min_size=26, max_size=26))
def test_what_is_no_id_of_ours_leads_nowhere(text):
    assert IDS.decode(text) is None


@given(pids, ns, st.integers(0, 25), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_an_id_that_was_changed_leads_nowhere(pid, n, at, letter):
    text = IDS.encode(pid, n)
    changed = text[:at] + letter + text[at + 1 :]

    assert IDS.decode(changed) == ((pid, n) if changed == text else None)
    assert IDS.decode(text.upper()) is None or text.isdigit()


def test_an_id_of_another_database_leads_nowhere():
    assert Ids(bytes(16)).decode(IDS.encode(1, 1)) is None


def test_neighbours_look_unrelated():
    first, second = IDS.encode(1, 1), IDS.encode(1, 2)

    assert sum(a == b for a, b in zip(first, second, strict=True)) < 10


@pytest.mark.parametrize("pid", [-1, 2**48])
def test_a_key_out_of_range_is_refused(pid):
    with pytest.raises(ValueError, match="out of range"):
        IDS.encode(pid, 1)
