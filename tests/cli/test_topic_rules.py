"""Which topics are right, and what is said of those that are not."""

from dataclasses import replace

import pytest

from consumer.contract.topics import Topics
from consumer.kafka.topic_rules import FoundTopic, Sizes, judge, plan_topics

OUTPUT_BYTES = 1_114_124
INPUT_BYTES = OUTPUT_BYTES - 65_536


def right() -> dict[str, FoundTopic]:
    plans = plan_topics(Topics(), Sizes(), OUTPUT_BYTES)
    return {
        plan.role: FoundTopic(
            plan.partitions,
            plan.config["cleanup.policy"],
            int(plan.config["max.message.bytes"]),
        )
        for plan in plans
    }


def complaints(found: dict[str, FoundTopic]) -> list[tuple[str, str]]:
    return [
        (report.role, problem)
        for report in judge(Topics(), found, OUTPUT_BYTES)
        for problem in report.problems
    ]


def test_what_is_created_is_right() -> None:
    assert complaints(right()) == []


def test_only_the_state_is_compacted() -> None:
    policies = {role: topic.policy for role, topic in right().items()}
    assert {role for role, policy in policies.items() if policy == "compact"} == {"state"}


def test_three_copies_need_two_in_sync() -> None:
    plans = plan_topics(Topics(), Sizes(replication=3), OUTPUT_BYTES)
    assert all(plan.config["min.insync.replicas"] == "2" for plan in plans)


@pytest.mark.parametrize(
    ("role", "change", "problem"),
    [
        ("feedback", {"partitions": 5}, "has 5 partitions, the messages have 6"),
        ("state", {"partitions": 7}, "has 7 partitions, the messages have 6"),
        ("state", {"policy": "compact,delete"}, "cleanup.policy=compact,delete: must be compact"),
        ("routing", {"policy": "compact"}, "cleanup.policy=compact: must be delete"),
        (
            "dead_letters",
            {"max_bytes": INPUT_BYTES},
            f"max.message.bytes={INPUT_BYTES}: must be at least {OUTPUT_BYTES}",
        ),
        (
            "messages",
            {"max_bytes": 5_000_000},
            f"max.message.bytes=5000000: must be at most kafka.input_max_bytes={INPUT_BYTES}",
        ),
    ],
)
def test_each_fault_is_named(role: str, change: dict[str, int], problem: str) -> None:
    found = right()
    found[role] = replace(found[role], **change)  # type: ignore[arg-type]
    assert complaints(found) == [(role, problem)]


def test_outputs_may_have_other_counts() -> None:
    found = right()
    found["routing"] = replace(found["routing"], partitions=1)
    assert complaints(found) == []


@pytest.mark.parametrize("role", ["messages", "state", "incidents"])
def test_a_missing_topic_is_named(role: str) -> None:
    found = right()
    del found[role]
    assert (role, "does not exist") in complaints(found)


@pytest.mark.parametrize("role", ["assist", "shadow"])
def test_topics_of_parts_that_may_be_off_may_be_missing(role: str) -> None:
    found = right()
    del found[role]
    assert complaints(found) == []
