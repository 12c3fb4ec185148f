import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidSearchError
from app.search.cursor import Cursors, Position
from app.search.parse import CURSOR, parse
from app.search.query import ByIdentifier

CURSORS = Cursors(b"secret")
PAIRS = (("patient.identifier", "urn:oid:1.2.208.176.1.2|2512489996"), ("code", "a,b"), ("_sort", "-date"))
PLACE = Position(4711, -5, 12)


def sealed(position: Position | None = PLACE) -> str:
    return CURSORS.seal(parse("Observation", PAIRS), position, caller=b"me")


def asking(token: str, *more: tuple[str, str], type_: str = "Observation"):
    return parse(type_, [(CURSOR, token), *more])


@pytest.mark.parametrize("position", [PLACE, None])
def test_a_token_brings_back_the_search_and_the_place(position: Position | None) -> None:
    query, found = CURSORS.open(asking(sealed(position)), caller=b"me")
    assert (query, found) == (parse("Observation", PAIRS), position)
    assert query.patient == ByIdentifier("urn:oid:1.2.208.176.1.2", "2512489996")


def test_a_token_says_nothing_and_is_always_the_same() -> None:
    assert "2512489996" not in sealed()
    assert sealed() == sealed()
    assert sealed() != sealed(None)


def test_a_page_may_have_another_size() -> None:
    query, _ = CURSORS.open(asking(sealed(), ("_count", "7")), caller=b"me")
    assert query.count == 7


def refused(token: str, *, caller: bytes = b"me", type_: str = "Observation", cursors: Cursors = CURSORS) -> bool:
    with pytest.raises(InvalidSearchError) as caught:
        cursors.open(asking(token, type_=type_), caller=caller)
    return len(token) < 20 or token not in str(caught.value)


def test_a_token_of_another_caller_type_or_service_is_refused() -> None:
    assert refused(sealed(), caller=b"you")
    assert refused(sealed(), type_="Condition")
    assert refused(sealed(), cursors=Cursors(b"other"))


@given(st.integers(0, len(sealed()) - 1), st.sampled_from("AQgw09-_"))
def test_an_altered_token_is_refused(at: int, char: str) -> None:
    token = sealed()
    altered = token[:at] + char + token[at + 1 :]
    if altered.rstrip(token[-1]) != token.rstrip(token[-1]) and at < len(token) - 1 and altered != token:
        assert refused(altered)


@given(st.text("ABCDabcd0189-_", min_size=1, max_size=200))
def test_an_invented_token_is_refused(token: str) -> None:
    assert refused(token)


@pytest.mark.parametrize("token", ["", "not a token", "ø", "a=b", "a" * 20_000])
def test_what_cannot_be_a_token_is_refused_when_parsed(token: str) -> None:
    with pytest.raises(InvalidSearchError):
        asking(token)


def test_a_token_stands_alone() -> None:
    with pytest.raises(InvalidSearchError):
        asking(sealed(), ("code", "a"))
