"""Lines are kept in the database: one that would be made otherwise today must be known by its version."""

import line_sample

from app.summary.lines import DISTILLERS
from app.summary.model import LINE_VERSION

RAISE = "lines say something else than they did: raise LINE_VERSION, then run tests/app/summary/line_sample.py"


def test_lines_say_what_they_said_when_their_version_was_recorded() -> None:
    version, rows = line_sample.recorded()
    assert version == LINE_VERSION, "LINE_VERSION was raised: run tests/app/summary/line_sample.py"
    for resource, category, said in rows:
        assert line_sample.said_of(resource, category) == said, (resource["resourceType"], RAISE)


def test_the_sample_has_every_type_that_is_distilled() -> None:
    _, rows = line_sample.recorded()
    assert {resource["resourceType"] for resource, _, said in rows if said} == DISTILLERS.keys()
