"""The rule table of consent/README.md, made from the code: `python -m tests.consent.readme` writes it there."""

import re
from pathlib import Path

from consent.explain import TEXTS
from consent.model import Reason
from consent.rule import Rule
from consent.rules import ABOUT_WITHHELD, DEFECT, NO_BASIS, RULES

README = Path(__file__).parents[2] / "consent" / "README.md"
_TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def table() -> str:
    head = "| Rule | Paragraph | Mark | Law since | Asked at | Dansk | English |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {' | '.join(row)} |\n" for row in (*map(_row, RULES), *map(_refusal, (NO_BASIS, DEFECT, ABOUT_WITHHELD)))
    )


def _row(rule: Rule) -> tuple[str, ...]:
    since = "" if rule.period.start is None else f"{rule.period.start:%Y-%m-%d %H:%M} UTC"
    actions = ", ".join(sorted(rule.actions))
    return (rule.id, rule.paragraph, rule.mark.value, since, actions, rule.danish, rule.english)


def _refusal(reason: Reason) -> tuple[str, ...]:
    text = TEXTS[reason.rule]
    return (reason.rule, reason.paragraph, reason.mark, "", "all", text.da, text.en)


def written() -> str:
    found = _TABLE.search(README.read_text("utf-8"))
    return "" if found is None else found[0]


if __name__ == "__main__":
    README.write_text(_TABLE.sub(lambda _: table(), README.read_text("utf-8")), "utf-8")
