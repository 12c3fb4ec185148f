"""Composed documents in memory."""

from app.summary.kept import Kept, SummaryCache


def kept(body: bytes, tag: bytes = b"tag", until_us: int | None = None) -> Kept:
    return Kept(body=body, tag=tag, until_us=until_us, shown=(1,), categories=())


def test_a_document_composed_again_with_the_same_tag_is_the_one_that_was_there():
    cache = SummaryCache()
    assert cache.keep(b"one", kept(b"first"), at_us=1).body == b"first"
    assert cache.keep(b"two", kept(b"again"), at_us=2).body == b"first"
    assert cache.keep(b"three", kept(b"again"), at_us=3).body == b"first"
    assert cache.find(b"one", at_us=4).body == cache.find(b"two", at_us=4).body == b"first"
    assert cache.keep(b"four", kept(b"other", tag=b"other"), at_us=5).body == b"other"


def test_one_that_no_longer_holds_or_was_dropped_is_not_brought_back():
    cache = SummaryCache(most_bytes=10)
    cache.keep(b"one", kept(b"first", until_us=5), at_us=1)
    assert cache.keep(b"two", kept(b"again", until_us=5), at_us=5).body == b"again"
    cache.keep(b"big", kept(b"0123456789", tag=b"big"), at_us=6)
    assert cache.find(b"two", at_us=4) is None
    assert cache.keep(b"three", kept(b"fresh"), at_us=7).body == b"fresh"


def test_the_same_key_is_replaced():
    cache = SummaryCache()
    cache.keep(b"one", kept(b"first"), at_us=1)
    cache.keep(b"one", kept(b"second", tag=b"new"), at_us=2)
    assert cache.find(b"one", at_us=3).body == b"second"
    assert cache.keep(b"two", kept(b"third"), at_us=3).body == b"third"
