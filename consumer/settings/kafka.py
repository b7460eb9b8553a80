"""The `kafka` group: how to reach the cluster and who we are there. Opens no connection."""

import re
import secrets
import socket
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from consumer.contract.topics import Topics
from consumer.kafka.client_settings import OWNED
from consumer.settings.group import Group

TOPIC_NAME = r"^[A-Za-z0-9._-]{1,249}$"
IDENTITY = r"^[A-Za-z0-9._-]{1,128}$"
# Not the end of an address: `ip-10-0-0-12` and `ip-10-0-1-12` would be the same instance.
_ORDINAL = re.compile(r"(?:^|-)(?!\d+-)[^-]+-(\d{1,4})$")
_RANDOM_BYTES = 4
_OWN_SETTING = {
    "sasl.username": "kafka.sasl_username",
    "sasl.password": "kafka.sasl_password",
    "ssl.key.password": "kafka.ssl_key_password",
    "session.timeout.ms": "kafka.session_timeout_ms",
    "socket.timeout.ms": "kafka.socket_timeout_ms",
    "transaction.timeout.ms": "kafka.transaction_timeout_ms",
    "message.max.bytes": "kafka.input_max_bytes",
}
_INSECURE = {
    "enable.ssl.certificate.verification": "false",
    "enable.sasl.oauthbearer.unsecure.jwt": "true",
    "ssl.endpoint.identification.algorithm": "none",
}
_DEFAULT = Topics()

TopicName = Annotated[str, Field(pattern=TOPIC_NAME)]


def default_instance(host: str) -> str:
    """'router-2' -> '2', the ordinal that a StatefulSet gives. Any other host: random."""
    ordinal = _ORDINAL.search(host)
    return ordinal[1] if ordinal else secrets.token_hex(_RANDOM_BYTES)


def _allowed(name: str) -> str:
    if name in _OWN_SETTING:
        message = f"must not be here: set {_OWN_SETTING[name]}"
        raise ValueError(message)
    if name in OWNED:
        message = "must not be here: the promises rest on it, so the router sets it"
        raise ValueError(message)
    return name


Property = Annotated[str, AfterValidator(_allowed)]


class TopicNames(Group):
    """Names of the topics."""

    messages: TopicName = Field(default=_DEFAULT.messages, description="Input: `message.received`.")
    routing: TopicName = Field(default=_DEFAULT.routing, description="Output: `routing.decided`.")
    escalations: TopicName = Field(
        default=_DEFAULT.escalations, description="Output: escalations opened, updated, resolved."
    )
    dead_letters: TopicName = Field(
        default=_DEFAULT.dead_letters, description="Output: unusable records, byte for byte."
    )
    feedback: TopicName = Field(default=_DEFAULT.feedback, description="Input: what people say.")
    state: TopicName = Field(
        default=_DEFAULT.state, description="Compacted changelog of conversation state."
    )
    incidents: TopicName = Field(
        default=_DEFAULT.incidents, description="Output: lost input and stops."
    )
    assist: TopicName = Field(
        default=_DEFAULT.assist, description="Output of a separate consumer: suggested replies."
    )
    shadow: TopicName = Field(
        default=_DEFAULT.shadow, description="Output: decisions of shadow models and rules."
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = list(self.__dict__.values())
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"must all differ: {', '.join(twice)} is used twice"
            raise ValueError(message)
        return self


class KafkaGroup(Group):
    """The cluster, and who we are there."""

    bootstrap: str = Field(
        default="localhost:9092",
        min_length=1,
        description="Brokers to ask first: `host:port,host:port`.",
    )
    group: str = Field(
        default="chat-router",
        pattern=IDENTITY,
        description="Consumer group. All instances that share the work have the same.",
    )
    instance: str = Field(
        default_factory=lambda: default_instance(socket.gethostname()),
        pattern=IDENTITY,
        description="Who this process is within the group: the transactional id is"
        " `<group>-<instance>`. Unique among live instances, and best the same after a restart,"
        " which then completes at once what the crash left open.",
        json_schema_extra={
            "default_text": "the host name's last number (`router-2`: 2), or random"
        },
    )
    start: Literal["earliest", "latest"] = Field(
        default="earliest", description="Where a group without committed offsets begins."
    )
    session_timeout_ms: int = Field(
        default=10_000,
        ge=1_000,
        le=300_000,
        description="A dead instance's partitions move on after this. The broker's own bounds hold"
        " too (from 6000 by default).",
    )
    socket_timeout_ms: int = Field(
        default=8_000,
        ge=1_000,
        le=300_000,
        description="How long one request to a broker may take.",
    )
    transaction_timeout_ms: int = Field(
        default=30_000,
        ge=2_000,
        le=900_000,
        description="The broker aborts a transaction older than this; inference is never inside"
        " one. Above `kafka.socket_timeout_ms`.",
    )
    restore_timeout_s: float = Field(
        default=60.0, gt=0, le=3_600, description="How long reading one partition's state may take."
    )
    on_unreadable: Literal["halt", "skip"] = Field(
        default="halt",
        description="What becomes of a batch that cannot be read (checksum, compression): `halt`"
        " stops its partition with `intake.stopped`; `skip` loses the batch with `input.lost`.",
    )
    input_max_bytes: int = Field(
        default=1_048_588,
        ge=16_384,
        le=67_108_864,
        description="`max.message.bytes` of the input topics, by default Kafka's own; the outputs'"
        " is this + 64 KiB.",
    )
    sasl_username: str | None = Field(default=None, description="User for SASL.")
    sasl_password: SecretStr | None = Field(
        default=None, description="Its password. Best given as `kafka.sasl_password_file`."
    )
    ssl_key_password: SecretStr | None = Field(
        default=None,
        description="Password of the client's key. Best given as `kafka.ssl_key_password_file`.",
    )
    extra: dict[Property, str] = Field(
        default={},
        description="Any other librdkafka property, such as `security.protocol`. Refused: those on"
        " which the promises rest, and those that turn security checks off.",
    )
    topics: TopicNames = Field(default_factory=TopicNames, description="Names of the topics.")

    @field_validator("transaction_timeout_ms")
    @classmethod
    def _outlasts_a_request(cls, value: int, info: ValidationInfo) -> int:
        socket_ms = info.data.get("socket_timeout_ms")
        if socket_ms is not None and value <= socket_ms:
            message = f"must be above kafka.socket_timeout_ms={socket_ms}"
            raise ValueError(message)
        return value

    @field_validator("extra", mode="before")
    @classmethod
    def _as_text(cls, given: object) -> object:
        """YAML writes numbers and true; librdkafka reads text."""
        if not isinstance(given, dict):
            return given
        return {name: _text(value) for name, value in given.items()}

    @field_validator("extra")
    @classmethod
    def _secure(cls, extra: dict[str, str]) -> dict[str, str]:
        for name, bad in _INSECURE.items():
            if extra.get(name, "").lower() == bad:
                message = f"must not hold {name}={bad}: it turns a security check off"
                raise ValueError(message)
        return extra


def _text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
