"""The texts that every bundle must answer the same way on every machine. Written for this."""

GOLDEN_TEXTS = (
    "Where is my parcel? Order #B20931 was due on Tuesday.",
    "this is the second broken lamp you've sent me, I'm done with your shop",
    "it'd be great if the app remembered my size",
    "thanks a lot, Maria fixed it in no time!",
    "can I talk to a real person please",
    "Refund of €35.80 still not on my card, invoice INV-77120",
    "快递到哪了，单号SF1029384756102",
    "退货退了半个月钱还没到账，你们是打算赖掉吗！！",
    "下单页面要是能直接填发票抬头就好了",
    "这款耳机和手机能同时连两台设备吗",
    "嗯嗯好的",
    "ok",
)
