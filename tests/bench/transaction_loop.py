"""(iv) A bare consume-transform-produce transaction loop: what Kafka itself costs in Python."""

import time

from confluent_kafka import Consumer, Producer

from tests.bench.figures import Figure
from tests.fakes.kafka_cluster import KafkaCluster

BATCH = 2_000
WARM_UP_SHARE = 0.1


def bare_transaction_loop(cluster: KafkaCluster, messages: int) -> Figure:
    """Copies every message to the routing topic, 2,000 a transaction."""
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap,
            "group.id": f"{cluster.group}-bare",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": cluster.bootstrap,
            "transactional.id": f"{cluster.group}-bare",
            "compression.type": "lz4",
            "queue.buffering.max.messages": 200_000,
        }
    )
    producer.init_transactions()
    consumer.subscribe([cluster.topics.messages])
    done = warm = 0
    began = cpu = 0.0
    while done < messages:
        batch = consumer.consume(1, 0.05)
        batch += consumer.consume(BATCH - 1, 0)
        if not batch:
            continue
        producer.begin_transaction()
        for message in batch:
            producer.produce(cluster.topics.routing, message.value(), message.key())
        producer.send_offsets_to_transaction(
            consumer.position(consumer.assignment()), consumer.consumer_group_metadata()
        )
        producer.commit_transaction()
        done += len(batch)
        if not warm and done >= messages * WARM_UP_SHARE:
            warm, began, cpu = done, time.perf_counter(), time.process_time()
    figure = Figure(
        "(iv) bare transaction loop",
        done - warm,
        time.perf_counter() - began,
        time.process_time() - cpu,
    )
    consumer.close()
    producer.close()
    return figure
