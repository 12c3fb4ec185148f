"""The pages of the documentation and what stands in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: what stands behind the fence, and the text."""

    page: str
    line: int
    info: str
    text: str

    @property
    def language(self) -> str:
        return self.info.split(" ")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """All pages that somebody is meant to read."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "consent" / "README.md"])


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(*languages: str, page: str | None = None) -> list[Block]:
    """All blocks in these languages, in the order of the pages."""
    found = []
    for path in pages():
        if page is not None and name_of(path) != page:
            continue
        text = path.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            block = Block(name_of(path), text.count("\n", 0, match.start()) + 1, match["info"].strip(), match["text"])
            if not languages or block.language in languages:
                found.append(block)
    return found


def prose(page: Path) -> str:
    """The text of a page without its blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    for match in _LINK.finditer(prose(page)):
        yield match["target"]


def anchors(page: Path) -> set[str]:
    """What a link may point to within a page, as GitHub names headings."""
    return {
        re.sub(r"[^\w\- ]", "", match["text"].strip().lower()).replace(" ", "-")
        for match in _HEADING.finditer(prose(page))
    }
