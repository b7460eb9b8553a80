"""`make bench`: throughput, CPU a message, latency and memory, on a real Kafka of its own.

Everything is measured in one run on the same texts, so that the ratios hold on a noisy machine.
"""

import argparse
import os
import platform
import tempfile
from pathlib import Path

from rich.console import Console

from consumer.app import STARTER_BUNDLE
from consumer.broker.cluster import EmbeddedKafka
from tests.bench.bare_inference import bare_inference
from tests.bench.figures import Figure, latency_table, throughput_table
from tests.bench.latency import latency
from tests.bench.service_run import MeasuredService, preload, whole_service
from tests.bench.traffic import texts
from tests.bench.transaction_loop import bare_transaction_loop
from tests.fakes.kafka_cluster import KafkaCluster

PARTITIONS = 2
CONVERSATIONS = 20_000
THREADS = 2
BUDGET = 256
FEW, MANY = 50_000, 500_000


def main() -> None:
    """Runs all parts and prints their tables."""
    arguments = _arguments()
    console = Console(width=110)
    console.print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    with EmbeddedKafka() as kafka, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = _throughput(kafka.bootstrap, folder, arguments.messages, console)
        if not arguments.quick:
            _latency(kafka.bootstrap, folder, figures[2].rate, arguments.seconds, console)
            _memory(kafka.bootstrap, folder, console)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="for the stub and bare loops")
    parser.add_argument("--seconds", type=int, default=15, help="of each latency run")
    parser.add_argument("--quick", action="store_true", help="throughput only")
    return parser.parse_args()


def _throughput(bootstrap: str, folder: Path, count: int, console: Console) -> list[Figure]:
    few = max(count // 10, 2_000)
    bare = bare_inference(STARTER_BUNDLE, texts(few), THREADS, BUDGET)
    with KafkaCluster(bootstrap, PARTITIONS) as cluster:
        preload(cluster, few, CONVERSATIONS)
        real = whole_service(cluster, folder / "real", "(ii) whole service", few, STARTER_BUNDLE)
    with KafkaCluster(bootstrap, PARTITIONS) as cluster:
        preload(cluster, count, CONVERSATIONS)
        stub = whole_service(cluster, folder / "stub", "(iii) whole service, stub", count, None)
    with KafkaCluster(bootstrap, PARTITIONS) as cluster:
        preload(cluster, count, CONVERSATIONS)
        loop = bare_transaction_loop(cluster, count)
    figures = [*bare, real, stub, loop]
    console.print(throughput_table(figures))
    best = min(bare, key=lambda figure: figure.cpu_us)
    console.print(f"CPU (ii)/(i): {real.cpu_us / best.cpu_us:.2f}   goal 1.10")
    console.print(f"rate (ii)/(i): {real.rate / max(one.rate for one in bare):.2f}")
    console.print(f"CPU (iii)/(iv): {stub.cpu_us / loop.cpu_us:.1f}")
    return figures


def _latency(
    bootstrap: str, folder: Path, full_rate: float, seconds: int, console: Console
) -> None:
    found = []
    for load in (0.5, 0.8):
        with KafkaCluster(bootstrap, PARTITIONS) as cluster:
            found.append(
                latency(
                    cluster,
                    folder / f"latency-{load}",
                    STARTER_BUNDLE,
                    load,
                    full_rate * load,
                    seconds,
                )
            )
    console.print(latency_table(found))


def _memory(bootstrap: str, folder: Path, console: Console) -> None:
    with KafkaCluster(bootstrap, PARTITIONS) as cluster:
        preload(cluster, MANY, CONVERSATIONS)
        with MeasuredService(cluster, folder / "memory", None) as service:
            service.measure("", 1, FEW)
            before = service.rss_mb()
            service.measure("", FEW, MANY)
            after = service.rss_mb()
    console.print(
        f"RSS after {FEW:,}: {before:.0f} MB, after {MANY:,}: {after:.0f} MB, "
        f"ratio {after / before:.2f}   goal 1.10"
    )


if __name__ == "__main__":
    main()
