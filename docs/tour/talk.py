"""Lines of `minute role text` become `message.received` objects of a conversation that ends now.

python docs/tour/talk.py CONVERSATION < docs/tour/conversation.txt
"""

import json
import sys
from datetime import UTC, datetime, timedelta

conversation = sys.argv[1]
lines = [line.split(maxsplit=2) for line in sys.stdin]
began = datetime.now(UTC) - timedelta(minutes=int(lines[-1][0]))
for number, (minute, role, text) in enumerate(lines, 1):
    message = {
        "message_id": f"{conversation}-{number}",
        "conversation_id": conversation,
        "text": text.strip(),
        "sent_at": (began + timedelta(minutes=int(minute))).isoformat(),
        "sender": {"role": role},
        "channel": "web",
    }
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
