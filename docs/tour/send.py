"""A producer: each line of standard input becomes one record.

python docs/tour/send.py TOPIC [TYPE] < lines

A JSON object gets the key of its conversation, and with TYPE the headers of a CloudEvent; any other
line is sent as it is, without a key.
"""

import json
import os
import sys
import uuid

from confluent_kafka import Producer

topic, kind = sys.argv[1], "".join(sys.argv[2:])
producer = Producer(
    {
        "bootstrap.servers": os.environ["CHAT_ROUTER_KAFKA__BOOTSTRAP"],
        # As Java's producers do it; librdkafka's own default splits conversations from theirs.
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
    }
)
for line in sys.stdin:
    key, headers = None, {}
    if line.startswith("{"):
        body = json.loads(line)
        key = f"{body.get('tenant_id', 'default')}:{body['conversation_id']}"
    if kind:
        event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/tour", "type": kind}
        headers = {f"ce_{name}": value for name, value in event.items()}
    producer.produce(topic, line.strip(), key, headers=headers)
if producer.flush(10):
    sys.exit("not sent: is the broker there?")
