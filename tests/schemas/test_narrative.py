"""Narrative that is shown in a browser: what is let in, what is not, and that only XML is let in."""

from xml.parsers import expat

import pytest
from gate_builders import XHTML, narrative, paths, patient
from hypothesis import given
from hypothesis import strategies as st

from schemas.narrative import ELEMENTS, narrative_faults

HARMLESS = [
    "<p>x</p>",
    "x<br/>y<br />z",
    '<table class="grid" border="1"><tr><td colspan="2" style="background-color: #f3f5da">x</td></tr></table>',
    "<a href='http://x.dk/?a=1&amp;b=2'>x</a><a href=\"https://x.dk\">y</a>",
    '<a href="Patient/1">x</a><a href="#x">y</a><a name="x"> </a><a href="mailto:a@b.dk">z</a><a href="?q=a:b">z</a>',
    '<img src="#billede" alt="x"/>',
    '<img src="data:image/png;base64,iVBORw0KGgo=" alt="x"/>',
    "a &lt; b &amp; c &#160; &#x1F600; > d \u00a0æ",
    "<!-- note --><b>x</b>",
    '<td title="a > b">x</td>',
    '<p style="margin: 0px; white-space:nowrap">x</p>',
    '<p xml:lang="da" lang="da" dir="ltr">x</p>',
]
HARMFUL = {
    "<script>alert(1)</script>": "`script`",
    "<SCRIPT>alert(1)</SCRIPT>": "`SCRIPT`",
    "<p><script/>x</p>": "`script`",
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>': "`x:script`",
    "<style>p{}</style>x": "`style`",
    "<iframe src='http://x'></iframe>": "`iframe`",
    "<form><input/></form>x": "`form`",
    "<object data='x'/>x": "`object`",
    "<embed/>x": "`embed`",
    "<svg><animate/></svg>x": "`svg`",
    "<math/>x": "`math`",
    "<link rel='stylesheet' href='x'/>x": "`link`",
    "<base href='http://x'/>x": "`base`",
    "<meta/>x": "`meta`",
    "<video/>x": "`video`",
    '<p onclick="x()">x</p>': "`onclick`",
    '<p onmouseover="x()">x</p>': "`onmouseover`",
    '<p ONCLICK="x()">x</p>': "`ONCLICK`",
    '<img src="#a" onerror="x()"/>': "`onerror`",
    '<img src="#a" srcset="http://x"/>': "`srcset`",
    '<td background="http://x">x</td>': "`background`",
    '<p data-x="1">x</p>': "`data-x`",
    '<img src="http://x.dk/a.png"/>': "within the resource",
    '<img src="//x.dk/a.png"/>': "within the resource",
    '<img src="Binary/1"/>': "within the resource",
    '<img src="data:image/svg+xml;base64,AAAA"/>': "within the resource",
    '<a href="javascript:alert(1)">x</a>': "a link may lead",
    '<a href="JavaScript:alert(1)">x</a>': "a link may lead",
    '<a href=" java\nscript:alert(1)">x</a>': "a link may lead",
    '<a href="java&#115;cript:alert(1)">x</a>': "a link may lead",
    '<a href="&#1;javascript:alert(1)">x</a>': "a character",
    '<a href="vbscript:x">x</a>': "a link may lead",
    '<a href="data:text/html;base64,AAAA">x</a>': "a link may lead",
    '<blockquote cite="javascript:x">x</blockquote>': "a link may lead",
    '<p style="background:url(http://x)">x</p>': "a style may only",
    '<p style="background:u\\72l(http://x)">x</p>': "a style may only",
    '<p style="width:expression(alert(1))">x</p>': "a style may only",
    '<p style="width:exp/**/ression(alert(1))">x</p>': "a style may only",
    "<p style=\"@import 'x'\">x</p>": "a style may only",
    '<p style="position:fixed">x</p>': "a style may only",
    "<!--><img src=x onerror=alert(1)>-->x": "irregular comments",
    "<!---><img src=x onerror=alert(1)>-->x": "irregular comments",
    "<!-- a -- b -->x": "irregular comments",
    "<![CDATA[<script>]]>x": "CDATA",
    "<?php x ?>x": "processing instructions",
    "&nbsp;x": "only amp",
    "a & b": "only amp",
    "&#0;x": "a character",
    "&#xD800;x": "a character",
    "&#x110000;x": "a character",
    "a]]>b": "`]]>`",
    "<b>x": "properly nested",
    "<b><i>x</b></i>": "properly nested",
    "</div><div>x": "nothing after it",
    "<p>x</p": "a tag is broken",
    "<p class=x>x</p>": "a tag is broken",
    '<p class="a" class="b">x</p>': "a tag is broken",
    "< p>x</p>": "a tag is broken",
    "<p/ >x": "a tag is broken",
    "1 < 2": "a tag is broken",
    '<p xmlns="http://www.w3.org/2000/svg">x</p>': "the only namespace",
    "": "some content",
    "  <p> </p>": "some content",
    "<b>" * 200 + "x" + "</b>" * 200: "nests deeper",
}


@pytest.mark.parametrize("inner", HARMLESS)
def test_harmless_narrative_is_admitted(inner: str) -> None:
    assert narrative_faults(XHTML.format(inner)) == []


@pytest.mark.parametrize("inner", HARMFUL)
def test_harmful_narrative_is_refused_with_its_reason(inner: str) -> None:
    assert HARMFUL[inner] in " | ".join(narrative_faults(XHTML.format(inner)))
    assert set(paths(patient(text=narrative(inner)))) == {"Patient.text.div"}


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "<p>x</p>",
        "<div>x</div>",
        '<div xmlns="http://www.w3.org/2000/svg">x</div>',
        '<div xmlns="http://www.w3.org/1999/xhtml"/>',
        '<div xmlns="http://www.w3.org/1999/xhtml"/><p>x</p>',
        '<div xmlns="http://www.w3.org/1999/xhtml">x</div>y',
        '<div xmlns="http://www.w3.org/1999/xhtml">x</div> >',
        '<div xmlns="http://www.w3.org/1999/xhtml">x</div><div>y</div>',
        '<div xmlns="http://www.w3.org/1999/xhtml"/></p>',
        ' <div xmlns="http://www.w3.org/1999/xhtml">x</div>',
        '<?xml version="1.0"?><div xmlns="http://www.w3.org/1999/xhtml">x</div>',
        '<!DOCTYPE a [<!ENTITY x "y">]><div xmlns="http://www.w3.org/1999/xhtml">&x;</div>',
        "",
    ],
)
def test_what_is_not_one_div_of_xhtml_is_refused(text: str) -> None:
    assert narrative_faults(text)


def test_every_fault_of_a_narrative_is_told() -> None:
    assert len(narrative_faults(XHTML.format('<script/><p onclick="x">a</p><img src="http://x"/>'))) == 3


def test_hostile_narrative_is_judged_in_linear_time() -> None:
    for hostile in (
        "<" * 200_000,
        "<p " + "a " * 100_000,
        "&" * 200_000,
        "<p" + ' a="' * 50_000,
        "<!--" * 50_000,
        "<p>" * 70_000,
    ):
        assert narrative_faults(XHTML.format(hostile))


_PIECES = st.sampled_from(
    ["<p>", "</p>", "<b>", "</b>", "<br/>", "<br>", "x", " ", "&amp;", "&", "<", ">", '"', "'", "=", "/", "<!--", "-->", "--",
     ' class="a"', "<p class='a'>", '<a href="#x">', "</a>", '<img src="#x"/>', "]]>", "<![CDATA[", "<?x?>", "&#65;", "&#x0;", "\n", "æ",
     "\u0000", "\ufffe", "<div>", "</div>", "<P>", "xmlns", ":"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_whatever_is_admitted_is_well_formed_xml_without_unlisted_elements(inner: str) -> None:
    text = XHTML.format(inner)
    if narrative_faults(text):
        return
    names: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: names.append(name)
    parser.Parse(text.encode(), True)

    assert set(names) <= ELEMENTS
