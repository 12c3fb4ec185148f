"""Which composer made a document: a digest of the program texts that shape it, part of every summary's key and tag.

A release that composes otherwise (a section, a word of the catalogue, what a line says) must not answer 304 for what
the one before composed, nor may anybody have to remember to say so. A changed comment makes a new tag too: what it
costs is that each document is fetched once more.
"""

import hashlib
import pkgutil
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Final

SHAPING: Final = (
    "app.search.dates",
    "app.sharing.master",
    "app.sharing.summary",
    "app.summary",
    "app.translate",
    "app.unnaming",
    "consent.vocabulary",
    "schemas",
)
"""Modules and whole packages that shape a document; a test follows the imports and finds what is left out."""


def composition_of(names: Iterable[str]) -> str:
    """Return the digest of modules and packages, of what they were loaded from."""
    digest = hashlib.blake2b(digest_size=16)
    for name, text in sorted(_texts(names)):
        digest.update(b"%s\x00%d\x00" % (name.encode(), len(text)))
        digest.update(text)
    return digest.hexdigest()


def _texts(names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name=name)
        yield name, _bytes_of(spec.loader, spec.origin)
        if spec.submodule_search_locations is not None:
            inner = pkgutil.iter_modules(spec.submodule_search_locations, f"{name}.")
            yield from _texts(each.name for each in inner)


def _bytes_of(loader: object, origin: str) -> bytes:
    """Return the file of a module, also from an archive."""
    read = getattr(loader, "get_data", None)
    if read is None:
        raise ImportError(f"{origin} cannot be read")
    return bytes(read(origin))


COMPOSITION: Final = composition_of(SHAPING)
