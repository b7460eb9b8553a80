"""Three instances under load, killed again and again: the checker finds nothing lost or doubled.

`CHAT_ROUTER_KILLS` sets how many kills, `CHAT_ROUTER_SEED` repeats a schedule.
"""

import os
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.checker.reading import Reader
from tests.checker.watching import Watch
from tests.fakes.kafka_cluster import KafkaCluster
from tests.service.checked import asking, catch_up, judge, watch
from tests.service.conftest import FIGURES
from tests.service.feeding import Feeder
from tests.service.killing import POINTS, RANDOM, REBALANCE, RESTORE, TRANSACTION, Tally, schedule
from tests.service.quiet_rules import rules_without_timers
from tests.service.running import DEADLINE_S, RunningService, wait_until

KILLS = int(os.environ.get("CHAT_ROUTER_KILLS", "20"))
SEED = int(os.environ.get("CHAT_ROUTER_SEED", str(time.time_ns() % 1_000_000)))
MESSAGES_PER_KILL = 1_000
CONVERSATIONS_PER_KILL = 100
INSTANCES = 3
PARTITIONS = 6
BURST = 60
RANDOM_S = 3.0
# Twice the session of the dead: by then a rebalance has come to its end.
SETTLE_S = 12.0
ATTEMPTS = 5
# A schedule that takes long uses more, a little at a time.
SPARE = 2
TRICKLE = 15

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300 + 30 * KILLS)]


class KillLoop:
    """One run: who is killed next, and when."""

    def __init__(
        self, feeder: Feeder, reader: Reader, seen: Watch, services: list[RunningService]
    ) -> None:
        self._chance = random.Random(SEED)
        self._feeder = feeder
        self._reader = reader
        self._seen = seen
        self._services = services
        self._points = dict.fromkeys(POINTS, 0)
        self._quota = 0
        self.tally = Tally()

    def run(self, kills: int) -> None:
        ways: dict[str, Callable[[], None]] = {
            RANDOM: self._kill_at_random,
            TRANSACTION: self._kill_in_transaction,
            RESTORE: self._kill_in_restore,
            REBALANCE: self._kill_in_rebalance,
        }
        for kind in schedule(self._chance, kills):
            self._quota += MESSAGES_PER_KILL
            ways[kind]()
            self._feeder.answer(self._seen)
        self._feed(self._quota)

    def _kill_at_random(self) -> None:
        victim = self._chance.choice(self._services)
        victim.wait_begun()
        until = time.monotonic() + self._chance.uniform(0.0, RANDOM_S)
        lag = 0

        def its_time() -> bool:
            self._feed(TRICKLE)
            return time.monotonic() >= until

        def unread() -> bool:
            nonlocal lag
            self._feed(BURST)
            lag = self._reader.lag()
            return lag > 0

        wait_until(its_time, "the moment")
        wait_until(unread, "something unread", DEADLINE_S)
        victim.kill()
        self._count(victim, lag)
        victim.restart(crash_at="")

    def _kill_in_transaction(self) -> None:
        point = self._next_point(TRANSACTION)
        for service in self._services:
            service.wait_begun()
            service.arm(point)
        self._await_death()

    def _kill_in_restore(self) -> None:
        """One leaves; whoever comes to restore its partitions, or itself when it is back, dies."""
        self._leave_and_return(RESTORE)

    def _kill_in_rebalance(self) -> None:
        self._leave_and_return(REBALANCE)

    def _leave_and_return(self, kind: str) -> None:
        """Again where nothing had to move, as beside a death that the group still waits out."""
        point = self._next_point(kind)
        for _ in range(ATTEMPTS):
            self._one_leaves_and_returns(point)
            if self._dies_within(SETTLE_S):
                break
        self._await_death()

    def _one_leaves_and_returns(self, point: str) -> None:
        leaver = self._chance.choice(self._services)
        for service in self._services:
            service.wait_joined()
        leaver.arm("")
        assert leaver.stop() == 0
        self.tally.stops += 1
        for service in self._services:
            if service is not leaver and service.running:
                service.arm(point)
        leaver.restart(crash_at="")

    def _dies_within(self, deadline_s: float) -> bool:
        """Feeds a little at a time until an armed one has died, or not."""
        until = time.monotonic() + deadline_s

        def over() -> bool:
            self._feed(TRICKLE)
            return bool(self._dead()) or time.monotonic() > until

        wait_until(over, "a death or the deadline", deadline_s + DEADLINE_S)
        return bool(self._dead())

    def _await_death(self) -> None:
        """All that died are counted and restarted; the others are spared."""
        assert self._dies_within(DEADLINE_S), "no armed instance died"
        for service in self._services:
            if service.running and service.landmark_file.exists():
                service.arm("")
        lag = self._reader.lag()
        for service in self._dead():
            assert service.process.wait() < 0, service.log.read_text()[-2_000:]
            self._count(service, lag)
            service.restart(crash_at="")

    def _dead(self) -> list[RunningService]:
        return [service for service in self._services if not service.running]

    def _next_point(self, kind: str) -> str:
        points = POINTS[kind]
        self._points[kind] += 1
        return points[self._points[kind] % len(points)]

    def _feed(self, count: int) -> None:
        """Keeps to the quota, so that there is something left to meet every kill."""
        self._quota -= self._feeder.feed(max(1, min(count, self._quota)))

    def _count(self, victim: RunningService, lag: int) -> None:
        self.tally.count(victim.landmark, lag)


def _begun_or_dead(service: RunningService) -> bool:
    return service.landmark != "" or not service.running


def test_no_kill_loses_or_doubles_anything(
    kafka_bootstrap: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    print(f"\nCHAT_ROUTER_SEED={SEED} CHAT_ROUTER_KILLS={KILLS}")
    rules = rules_without_timers(tmp_path)
    began = time.monotonic()
    with KafkaCluster(kafka_bootstrap, PARTITIONS) as cluster:
        messages, conversations = KILLS * MESSAGES_PER_KILL, KILLS * CONVERSATIONS_PER_KILL
        feeder = Feeder(cluster, SEED, SPARE * messages, SPARE * conversations)
        with ExitStack() as stack:
            seen = stack.enter_context(watch(cluster))
            reader = stack.enter_context(asking(cluster))
            services = [
                stack.enter_context(
                    RunningService(cluster, tmp_path, str(number), rules=str(rules))
                )
                for number in range(INSTANCES)
            ]
            loop = KillLoop(feeder, reader, seen, services)
            loop.run(KILLS)
            last_fault = time.monotonic()
            feeder.feed(max(0, messages - feeder.messages))
            feeder.answer(seen)
            caught_up_s = catch_up(cluster, last_fault)
            for service in services:
                service.wait_joined()
            assert [service.stop() for service in services] == [0] * INSTANCES
        report = judge(cluster, rules, seen, caught_up_s)
    took_s = time.monotonic() - began
    figures = f"seed {SEED}, {took_s:.0f} s\n{loop.tally}\n{report}"
    record_property(FIGURES, figures)
    print(f"\n{figures}")
    assert loop.tally.kills >= KILLS
    if len(POINTS) * 3 <= KILLS:
        for what in POINTS:
            assert loop.tally.met(what) > 0, what
