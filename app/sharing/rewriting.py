"""References that a transaction itself resolves: from what the client called a resource to what we call it."""


def names_of(full_url: str, type_: str) -> tuple[str, ...]:
    """Return the strings by which other entries may refer to an entry: its fullUrl, and `Type/id` when that ends it.

    Source: https://hl7.org/fhir/R4/bundle.html#references
    """
    if not full_url:
        return ()
    tail = "/".join(full_url.rsplit("/", 2)[-2:])
    return (full_url, tail) if tail.startswith(f"{type_}/") and tail != full_url else (full_url,)


def local_of(reference: str, *, base_url: str) -> str:
    """Return 'Type/id' of a relative or absolute reference to here, without the version that it may name."""
    return reference.removeprefix(f"{base_url}/").partition("/_history/")[0]
