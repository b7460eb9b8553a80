"""A subscriber: prints all events that topics hold by now, one JSON object a line.

python docs/tour/watch.py TOPIC...
"""

import json
import os
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

consumer = Consumer(
    {
        "bootstrap.servers": os.environ["CHAT_ROUTER_KAFKA__BOOTSTRAP"],
        "group.id": "tour",
        # Only what its transaction has committed. Without this nothing is exactly once.
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
)
topics = consumer.list_topics(timeout=10).topics
unread = {(name, number) for name in sys.argv[1:] for number in topics[name].partitions}
consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in unread])
known: set[str] = set()
while unread:
    record = consumer.poll(10)
    if record is None:
        sys.exit("nothing came: is the broker there?")
    error = record.error()
    if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
        unread.discard((record.topic(), record.partition()))
    elif error is not None:
        sys.exit(str(error))
    else:
        headers = {name: value.decode() for name, value in record.headers() or ()}
        # A service keeps these where they outlive it, in one transaction with what it does.
        if headers["ce_id"] not in known:
            known.add(headers["ce_id"])
            event = {"type": headers["ce_type"], "data": json.loads(record.value())}
            sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
consumer.close()
