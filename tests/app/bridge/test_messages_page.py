import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "messages.md").read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_page_about_messages_does_what_it_says(block, monkeypatch):
    monkeypatch.chdir(ROOT)
    exec(compile(block, "docs/messages.md", "exec"), {})  # noqa: S102 - our own page


def test_every_block_of_the_page_is_run():
    assert (ROOT / "docs" / "messages.md").read_text().count("```") == 2 * len(BLOCKS) == 4
