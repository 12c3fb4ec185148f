"""Narrative XHTML: well formed, harmless, and safe to show in a browser as it stands.

A fragment needs little of XML, so little is understood: tags, quoted attributes, text, five entities and character
references. Document types, processing instructions, CDATA and comments that HTML ends elsewhere than XML are refused,
and so is every element and attribute that is not listed. Stricter than FHIR in one point: nothing may be loaded from
elsewhere, so that reading a record tells nobody that it was read.

Source: https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2), HTML 4.0 chapters 7-11 and 15.
"""

import re
from functools import lru_cache
from html import unescape
from typing import Final, NamedTuple

NAMESPACE: Final = "http://www.w3.org/1999/xhtml"
MAX_DEPTH: Final = 100
MAX_LENGTH: Final = 2**20  # characters, as for any other text

ELEMENTS: Final = frozenset(
    """a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li map ol p pre q samp small span strong sub sup
    table tbody td tfoot th thead tr tt u ul var""".split()  # noqa: SIM905 - a list that can be read
)
ATTRIBUTES: Final = frozenset(
    """abbr align alt axis bgcolor border cellpadding cellspacing char charoff cite class color colspan compact coords
    datetime dir frame headers height href hreflang hspace id lang longdesc name noshade nowrap rel rev rowspan rules
    scope shape size span src start style summary title type usemap valign value vspace width xml:lang xmlns
    """.split()  # noqa: SIM905 - a list that can be read
)
_ADDRESSES: Final = frozenset({"href", "cite", "longdesc"})
_LINK_SCHEMES: Final = frozenset({"http:", "https:", "mailto:", "tel:", "urn:"})

_ATTRIBUTE: Final = r"""[ \t\r\n]++[A-Za-z][A-Za-z:\-]*+[ \t\r\n]*+=[ \t\r\n]*+(?:"[^"<]*+"|'[^'<]*+')"""
_TAGS = re.compile(r"""<(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""")
_TAG = re.compile(rf"<(/?)([A-Za-z][A-Za-z0-9:]*+)((?:{_ATTRIBUTE})*+)[ \t\r\n]*+(/?)>")
_PAIRS = re.compile(r"""([A-Za-z:\-]++)[ \t\r\n]*+=[ \t\r\n]*+(?:"([^"]*+)"|'([^']*+)')""")
_COMMENT = re.compile(r"<!--(?!-?>)(?:[^-]|-(?!-))*-->")
_ENTITIES = re.compile(r"&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTENT = re.compile(r">[ \t\r\n]*+[^<\s]")
_SCHEME = re.compile(r"[^/?#]*?:")
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")
_IMAGE = re.compile(r"#[A-Za-z0-9\-.]{1,64}|data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_ACTIVE_STYLE = re.compile(r"url|expression|import|script|behaviou?r|binding|position|[\\<@]|/\*", re.IGNORECASE)


class _Tag(NamedTuple):
    """One tag: `step` is 1 when it opens, -1 when it closes, 0 when it does both."""

    step: int
    name: str
    faults: tuple[str, ...]
    is_root: bool = False


_MALFORMED: Final = _Tag(0, "", ("not well-formed XHTML: a tag is broken",))
_CACHED: Final = 200  # characters; longer tags are one of a kind


def _read_tag(text: str) -> _Tag:
    match = _TAG.fullmatch(text)
    if match is None or (match[1] and (match[3] or match[4])):
        return _MALFORMED
    faults = [] if match[2] in ELEMENTS else [f"element `{_shown(match[2])}` is not allowed (txt-1)"]
    names: dict[str, str] = {}
    for name, double, single in _PAIRS.findall(match[3]):
        if name in names:
            return _MALFORMED
        names[name] = unescape(double or single)
        fault = _attribute_fault(name, names[name])
        if fault:
            faults.append(fault)
    is_root = match[2] == "div" and not match[1] and not match[4] and names.get("xmlns") == NAMESPACE
    return _Tag(-1 if match[1] else 0 if match[4] else 1, match[2], tuple(faults), is_root)


_known_tag = lru_cache(maxsize=1024)(_read_tag)


def _attribute_fault(name: str, value: str) -> str | None:
    if name not in ATTRIBUTES:
        return f"attribute `{_shown(name)}` is not allowed (txt-1)"
    if name == "style" and _ACTIVE_STYLE.search(value):
        return "a style may only set plain properties: no addresses, scripts, positions or escapes"
    if name == "src" and not _IMAGE.fullmatch(value.strip()):
        return "an image must lie within the resource (`#id` or data:image/png, jpeg or gif), not elsewhere"
    if name in _ADDRESSES:
        scheme = _SCHEME.match(_INVISIBLE.sub("", value))
        if scheme and scheme[0].lower() not in _LINK_SCHEMES:
            return "a link may lead to http, https, mailto, tel, urn or a relative address only"
    if name == "xmlns" and value != NAMESPACE:
        return f"the only namespace is {NAMESPACE}"
    return None


def _shown(name: str) -> str:
    return name if len(name) <= 20 else name[:20] + "…"  # noqa: PLR2004 - enough to recognise it


def _text_faults(text: str) -> list[str]:
    """Return what is wrong outside the tags."""
    faults = []
    if not text.isprintable() and _NO_CHARACTER.search(text):
        faults.append("not well-formed XHTML: a character that XML does not have")
    if "&" in text:
        entities = _ENTITIES.findall(text)
        if len(entities) != text.count("&"):
            faults.append("not well-formed XHTML: only amp, lt, gt, quot, apos and character references are known")
        if any(entity.startswith("&#") and not _is_character(entity) for entity in set(entities)):
            faults.append("not well-formed XHTML: a character that XML does not have")
    if "]]>" in text:
        faults.append("not well-formed XHTML: `]]>` in the text")
    return faults


def _is_character(entity: str) -> bool:
    number = int(entity[3:-1], 16) if entity[2] == "x" else int(entity[2:-1])
    return number <= 0x10FFFF and not _NO_CHARACTER.match(chr(number))  # noqa: PLR2004 - the last character of Unicode


def narrative_faults(text: str) -> list[str]:
    """Return what is wrong with the `div` of a narrative, each fault once; empty when it may be shown as it stands."""
    if len(text) > MAX_LENGTH:
        return [f"is longer than {MAX_LENGTH} characters"]
    if "<!" in text or "<?" in text:
        text = _COMMENT.sub("", text)
        if "<!" in text or "<?" in text:
            return ["must not have document types, entities, processing instructions, CDATA or irregular comments"]
    faults = dict.fromkeys(_text_faults(text))
    tags = _TAGS.findall(text)
    if len(tags) != text.count("<"):
        faults["not well-formed XHTML: a tag is broken"] = None
    elif not (tags and text.startswith("<div") and text.endswith(tags[-1]) and _known_tag(tags[0]).is_root):
        faults[f"must be one `div` in the namespace {NAMESPACE}"] = None
    else:
        fault = _nesting_fault(tags, faults)
        if fault:
            faults[fault] = None
        elif not faults and not _CONTENT.search(text) and not any(tag.startswith("<img") for tag in tags):
            faults["must have some content (txt-2)"] = None
    return list(faults)


def _nesting_fault(tags: list[str], faults: dict[str, None]) -> str | None:
    """Follow the tags: note the faults of each in `faults`, return the first fault between them."""
    open_: list[str] = []
    for index, tag in enumerate(tags):
        step, name, wrong, _ = _known_tag(tag) if len(tag) <= _CACHED else _read_tag(tag)
        if wrong:
            faults |= dict.fromkeys(wrong)
        if step > 0:
            open_.append(name)
            if len(open_) > MAX_DEPTH:
                return f"nests deeper than {MAX_DEPTH} elements"
        elif step < 0:
            if not open_ or open_.pop() != name:
                return "not well-formed XHTML: elements are not properly nested"
            if not open_ and index + 1 < len(tags):
                return "must be one `div`, with nothing after it"
    return "not well-formed XHTML: an element does not end" if open_ else None
