"""One synthetic cluster for all tests of it: made once, never changed."""

from datetime import UTC, datetime

import pytest

from app.demo.chart import Submission
from app.demo.cluster import Cluster, generate


@pytest.fixture(scope="session")
def at() -> datetime:
    return datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def cluster(at: datetime) -> Cluster:
    return generate(at=at)


@pytest.fixture(scope="session")
def submissions(cluster: Cluster) -> list[Submission]:
    return list(cluster.submissions)
