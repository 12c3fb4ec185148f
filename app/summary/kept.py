"""Composed documents in memory, each under a key of everything that it rests on (see app/sharing/summary.py)."""

from collections import OrderedDict
from dataclasses import dataclass, replace

_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A composed document with what its record needs."""

    body: bytes
    tag: bytes
    until_us: int | None
    shown: tuple[int, ...]
    categories: tuple[str, ...]


class SummaryCache:
    """Composed documents, newest used last, at most so many bytes."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._by_tag: dict[bytes, bytes] = {}
        self._bytes = 0
        self._most = most_bytes

    def find(self, key: bytes, *, at_us: int) -> Kept | None:
        """Return the document that still holds at `at_us`."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until_us is not None and at_us >= kept.until_us:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def keep(self, key: bytes, kept: Kept, *, at_us: int) -> Kept:
        """Remember a document, and return the one to answer with: an older one of the same tag, if it still holds.

        INVARIANT: what is hidden may make a document be composed again; nobody must tell by its id and time.
        """
        older = self.find(self._by_tag.get(kept.tag, b""), at_us=at_us)
        if older is not None and older.tag == kept.tag:
            kept = replace(kept, body=older.body)
        self._drop(key)
        self._by_tag[kept.tag] = key
        self._kept[key] = kept
        self._bytes += len(kept.body)
        while self._bytes > self._most and self._kept:
            self._drop(next(iter(self._kept)))
        return kept

    def _drop(self, key: bytes) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone.body)
            if self._by_tag.get(gone.tag) == key:
                del self._by_tag[gone.tag]
