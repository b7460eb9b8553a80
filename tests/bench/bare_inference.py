"""(i) The models alone: the best of our batcher and single messages, same texts, no Kafka."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from consumer.inference.batching import cut
from consumer.inference.opening import open_bundle
from consumer.inference.prepared import Prepared
from tests.bench.figures import Figure

WINDOW = 512
WARM_UP = 200
Run = Callable[[Sequence[Prepared]], None]


def bare_inference(bundle: Path, texts: Sequence[str], threads: int, budget: int) -> list[Figure]:
    """Both ways, each with so many threads."""
    model = open_bundle(bundle)

    def batched(share: Sequence[Prepared]) -> None:
        for start in range(0, len(share), WINDOW):
            window = share[start : start + WINDOW]
            for run in cut([one.length for one in window], budget):
                model.infer([window[index] for index in run])

    def single(share: Sequence[Prepared]) -> None:
        for one in share:
            model.infer([one])

    single(model.prepare(texts[:WARM_UP]))
    return [
        _measured("bare inference, our batcher", model.prepare, batched, texts, threads),
        _measured("bare inference, one by one", model.prepare, single, texts, threads),
    ]


def _measured(
    name: str,
    prepare: Callable[[Sequence[str]], list[Prepared]],
    run: Run,
    texts: Sequence[str],
    threads: int,
) -> Figure:
    began, cpu = time.perf_counter(), time.process_time()
    prepared = prepare(texts)
    shares = [prepared[number::threads] for number in range(threads)]
    workers = [threading.Thread(target=run, args=(share,)) for share in shares]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    spent = time.process_time() - cpu
    return Figure(name, len(texts), time.perf_counter() - began, spent)
