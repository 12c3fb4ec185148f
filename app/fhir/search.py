"""search within a citizen or the directory: GET, POST `_search` and compartment are one thing.

Source: https://hl7.org/fhir/R4/http.html#search
"""

from app import sharing
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.fhir.wire import Answer, Request


async def by_get(service: Service, call: Call, request: Request) -> Answer:
    """Answer `GET [type]?...`."""
    return await _search(service, call, request, request.path[0], request.query_pairs())


async def by_post(service: Service, call: Call, request: Request) -> Answer:
    """Answer `POST [type]/_search`."""
    return await _search(service, call, request, request.path[0], await request.form_pairs())


async def in_compartment(service: Service, call: Call, request: Request) -> Answer:
    """Answer `GET Patient/[id]/[type]?...` and its POST form: the same search with the citizen from the path."""
    pairs = request.query_pairs() if request.method == "GET" else await request.form_pairs()
    if any(name.partition(":")[0].partition(".")[0] in {"patient", "subject"} for name, _ in pairs):
        raise InvalidSearchError("the citizen is already named by the address")
    return await _search(service, call, request, request.path[2], [("patient", f"Patient/{request.path[1]}"), *pairs])


async def _search(service: Service, call: Call, request: Request, type_: str, pairs: list[tuple[str, str]]) -> Answer:
    pairs = [(name, value) for name, value in pairs if name != "_format"]
    lenient = request.preference("handling") == "lenient"
    body = await sharing.search(service, call, type=type_, pairs=pairs, lenient=lenient)
    # Of several ids those that are not shown have been looked for, too, and somebody else's is recorded as refused.
    return Answer(200, body, waits=any(name == "_id" and "," in value for name, value in pairs))
