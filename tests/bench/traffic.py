"""The same texts for every part of the benchmark: seeded, bilingual, chat-like lengths."""

import json
import random
from collections.abc import Iterator

SEED = 20261123
_ZH = (
    "在吗",
    "我的订单JD20260101888都一周了还没到",
    "这个沙发有蓝色的吗？能不能今天发货",
    "发票抬头开错了，麻烦改一下，公司名我发你",
    "退款什么时候到账？已经等了三天了",
    "你们客服到底管不管，太气人了，我要投诉",
    "好的谢谢",
    "优惠券用不了，满300减50，我这单明明够了，为什么结算的时候还是原价，帮我看看怎么回事",
)
_EN = (
    "hi",
    "where is my order #A10923, it was due last friday",
    "does this jacket run small? I'm usually a medium",
    "please change the delivery address to my office",
    "I was charged twice for the same thing, 49.90 each, and nobody answers my mails",
    "this is the third time I ask and I am getting really angry",
    "thanks, that helped",
    "it would be great if the app showed the courier's position while I wait at home",
)


def texts(count: int) -> list[str]:
    """Deterministic texts; half Chinese, each a little different."""
    source = random.Random(SEED)
    return [f"{source.choice(_ZH + _EN)} {source.randrange(10_000)}" for _ in range(count)]


def messages(count: int, conversations: int) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of `message.received` records, spread over conversations."""
    source = random.Random(SEED)
    for number, text in enumerate(texts(count)):
        conversation = f"c{source.randrange(conversations)}"
        body = {
            "message_id": f"m{number}",
            "conversation_id": conversation,
            "tenant_id": "bench",
            "text": text,
            "sent_at": "2026-01-01T00:00:00.000Z",
            "channel": "app",
            "customer": {"id": f"u{number % 997}", "tier": "standard"},
        }
        yield f"bench:{conversation}".encode(), json.dumps(body, ensure_ascii=False).encode()
