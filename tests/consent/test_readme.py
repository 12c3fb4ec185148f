"""The rules in prose are the rules in code."""

from consent.rules import RULES
from tests.consent.readme import README, table, written


def test_the_table_of_rules_is_the_code() -> None:
    assert written() == table(), "run `python -m tests.consent.readme`"


def test_every_rule_is_told_in_prose() -> None:
    prose = README.read_text("utf-8").replace(written(), "")
    assert [rule.id for rule in RULES if f"**{rule.id}**" not in prose] == []
