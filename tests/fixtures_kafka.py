"""Brokers for tests: one for the whole run, three on demand, and names that no other test uses."""

import os
import uuid
from collections.abc import Iterator

import pytest

from consumer.broker.cluster import BrokerSettings, EmbeddedKafka

BOOTSTRAP_VARIABLE = "CHAT_ROUTER_TEST_BOOTSTRAP"


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """A lone broker shared by all tests: make your own topics and groups from `unique_name`."""
    running = os.environ.get(BOOTSTRAP_VARIABLE)
    if running:
        yield running
        return
    with EmbeddedKafka() as kafka:
        yield kafka.bootstrap


@pytest.fixture(scope="module")
def three_brokers() -> Iterator[EmbeddedKafka]:
    """A cluster of one module's tests, which may end its brokers and must start them again."""
    with EmbeddedKafka(BrokerSettings(brokers=3)) as kafka:
        yield kafka


@pytest.fixture
def unique_name() -> str:
    """A fresh prefix for topics, groups and transactional ids."""
    return f"test-{uuid.uuid4().hex[:12]}"
