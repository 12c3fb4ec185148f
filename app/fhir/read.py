"""read, vread and history of an instance.

Source: https://hl7.org/fhir/R4/http.html#read
"""

from app import sharing
from app.context import Call, Service
from app.fhir.wire import Answer, Request, form_tag, http_date, instant, tag_matches
from app.sharing import Found


def found(service: Service, what: Found, request: Request) -> Answer:
    """Answer with one version; 304 when the caller already has it in the form in which it is shown now."""
    tag = form_tag(what.version, what.body, key=service.secret)
    headers = ((b"etag", tag), (b"last-modified", http_date(what.updated_us)))
    if request.method == "GET" and tag_matches(request.header(b"if-none-match"), tag):
        return Answer(304, b"", headers)
    return Answer(200, what.body, headers)


async def read(service: Service, call: Call, request: Request) -> Answer:
    """Answer `GET [type]/[id]`."""
    what = await sharing.read(service, call, type=request.path[0], id=request.path[1])
    return found(service, what, request)


async def vread(service: Service, call: Call, request: Request) -> Answer:
    """Answer `GET [type]/[id]/_history/[version]`."""
    type_, id_, _, version = request.path
    what = await sharing.vread(service, call, type=type_, id=id_, version=version)
    return found(service, what, request)


async def history(service: Service, call: Call, request: Request) -> Answer:
    """Answer `GET [type]/[id]/_history`, newest first."""
    type_, id_, _ = request.path
    versions = await sharing.history(service, call, type=type_, id=id_, parameters=request.query_pairs())
    base = service.settings.public_url
    entries = []
    for version in versions:
        entry = [b'{"fullUrl":"', f"{base}/{type_}/{id_}".encode(), b'"']
        if version.body:
            entry += [b',"resource":', version.body]
        method = {1: "POST", 2: "PUT", 3: "DELETE"}[version.action]
        url = type_ if version.action == 1 else f"{type_}/{id_}"
        status = {1: "201", 2: "200", 3: "204"}[version.action]
        entry += [
            f',"request":{{"method":"{method}","url":"{url}"}},'
            f'"response":{{"status":"{status}","etag":"W/\\"{version.version}\\"",'
            f'"lastModified":"{instant(version.updated_us)}"}}}}'.encode()
        ]
        entries.append(b"".join(entry))
    head = (
        f'{{"resourceType":"Bundle","type":"history","total":{len(entries)},'
        f'"link":[{{"relation":"self","url":"{base}/{type_}/{id_}/_history"}}]'
    ).encode()
    body = head + (b',"entry":[' + b",".join(entries) + b"]}" if entries else b"}")
    return Answer(200, body)
