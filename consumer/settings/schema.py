"""Every setting of the service: name, type, default, bounds and meaning. Reads nothing itself.

`docs/configuration.md` is generated from here.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from consumer.settings.group import Group
from consumer.settings.kafka import KafkaGroup

PREFIX = "CHAT_ROUTER_"
DELIMITER = "__"


class IntakeGroup(Group):
    """What is read of a record before it is refused."""

    max_value_bytes: int = Field(
        default=262_144,
        ge=1_024,
        le=67_108_864,
        description="A larger record is a dead letter (`size`), before its JSON is looked at.",
    )
    max_depth: int = Field(
        default=64, ge=8, le=512, description="Deeper nesting is a dead letter (`depth`)."
    )
    max_attempts: int = Field(
        default=3,
        ge=1,
        le=100,
        description="A record that was a dead letter more often stays one (`loop`).",
    )


class CircuitGroup(Group):
    """When a partition has too many dead letters to be read on: it is halted, the others go on."""

    max_consecutive: int = Field(
        default=50, ge=1, le=100_000, description="Dead letters in a row that halt a partition."
    )
    max_ratio: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="Share of dead letters in `circuit.window` records beyond which it is halted.",
    )
    window: int = Field(
        default=500, ge=10, le=100_000, description="How many of a partition's last records count."
    )
    probe: int = Field(
        default=10,
        ge=1,
        le=100_000,
        description="After a halt: dead letters in a row that halt it again.",
    )
    retry_s: float = Field(
        default=60.0,
        gt=0,
        le=86_400,
        description="A halted partition is tried again after this, also an unreadable one.",
    )


class WorkersGroup(Group):
    """How much runs ahead of the kafka thread."""

    prepare_threads: int = Field(
        default=1, ge=1, le=64, description="Threads that decode and tokenize."
    )
    inference_threads: int = Field(
        default=2, ge=1, le=64, description="Threads that run the models. On CPU: the cores to use."
    )
    window: int = Field(
        default=512, ge=1, le=65_536, description="Most messages that one worker takes at a time."
    )
    token_budget: int = Field(
        default=256,
        ge=16,
        le=1_048_576,
        description="Padded tokens of one model run. Small on CPU (256), large on GPU (16384).",
    )


class LoopGroup(Group):
    """The bounds of the loop on the kafka thread."""

    max_in_flight: int = Field(
        default=4_096, ge=1, le=1_048_576, description="Most messages read and not yet committed."
    )
    max_in_flight_bytes: int = Field(
        default=67_108_864, ge=1_048_576, description="Most bytes of them; bounds memory."
    )
    max_transaction: int = Field(
        default=2_000, ge=1, le=2_000, description="Most input records of one transaction."
    )
    cadence_ms: int = Field(
        default=20,
        ge=0,
        le=10_000,
        description="How long results may wait for company before a commit.",
    )
    model_timeout_s: float = Field(
        default=60.0, gt=0, le=3_600, description="A model run longer than this ends the process."
    )
    drain_s: float = Field(
        default=8.0,
        ge=0,
        le=600,
        description="At a stop, how long work in progress may take to finish.",
    )


class StateGroup(Group):
    """Bounds of conversation state, for each partition."""

    max_conversations: int = Field(
        default=500_000,
        ge=1,
        description="Beyond it the conversation unwritten longest is forgotten.",
    )
    idle_ttl_s: int = Field(
        default=604_800, ge=60, description="A conversation silent for longer is forgotten."
    )


class BundleGroup(Group):
    """The model bundle."""

    path: Path | None = Field(
        default=None,
        description="Folder of the bundle.",
        json_schema_extra={"default_text": "the starter bundle that comes with the router"},
    )
    provider: Literal["cpu", "cuda"] = Field(
        default="cpu", description="Where models run. Nothing else is fallen back to."
    )


class RulesGroup(Group):
    """The routing rules."""

    path: Path | None = Field(
        default=None,
        description="The rules file.",
        json_schema_extra={"default_text": "the rules that come with the router"},
    )
    tenants: Path | None = Field(
        default=None,
        description="Folder with the rules of tenants that have their own: `<tenant>.yaml`.",
    )
    reload_s: float = Field(
        default=5.0,
        gt=0,
        le=3_600,
        description="How often to look whether a rules file has changed. Changed rules are loaded"
        " all or not at all, and decide from a transaction's beginning on.",
    )


class MetricsGroup(Group):
    """The HTTP server for `/metrics`, `/livez` and `/readyz`."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(
        default=9464, ge=0, le=65_535, description="Port to listen on; 0 takes a free one."
    )
    max_loop_age_s: float = Field(
        default=30.0,
        gt=0,
        le=3_600,
        description="`/livez` fails when the loop has not turned for longer.",
    )
    channels: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")], ...] = Field(
        default=("web", "app", "wechat", "email"),
        max_length=10,
        description="Channels counted by name; all others count as `other`.",
        json_schema_extra={"default_text": '`["web", "app", "wechat", "email"]`'},
    )
    tls_cert_file: Path | None = Field(
        default=None, description="Certificate chain (PEM); with it the server speaks TLS only."
    )
    tls_key_file: Path | None = Field(default=None, description="The certificate's key (PEM).")
    tls_client_ca_file: Path | None = Field(
        default=None,
        description="`/metrics` is then only for clients whose certificate this authority (PEM)"
        " signed. The probes stay open.",
    )


class LogsGroup(Group):
    """Logs on stderr."""

    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto`: for people on a terminal, else one JSON object a line."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important level that is written."
    )


class Settings(BaseSettings):
    """Everything. Build it with `consumer.settings.reading.load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        validate_default=True,
        hide_input_in_errors=True,
    )

    deployment: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Name in `ce_source` (`/chat-router/<deployment>`). Event ids are made from"
        " it: change it and a replay yields other ids.",
    )
    delivery: Literal["exactly_once", "at_least_once"] = Field(
        default="exactly_once",
        description="`exactly_once` uses transactions. `at_least_once` is for clusters without.",
    )
    ledger: Path = Field(
        default=Path(".chat-router/ledger"),
        description="Folder that outlives the process: it remembers which messages were in the"
        " model when it died. One for each instance.",
    )
    watchdog_s: float = Field(
        default=120.0,
        ge=0,
        le=3_600,
        description="A loop that hangs longer ends the process with its stacks printed; 0: never.",
    )
    shutdown_s: float = Field(
        default=20.0,
        gt=0,
        le=3_600,
        description="After a stop signal the process is gone by then. Above `loop.drain_s`.",
    )
    kafka: KafkaGroup = Field(default_factory=KafkaGroup, description=KafkaGroup.__doc__)
    intake: IntakeGroup = Field(default_factory=IntakeGroup, description=IntakeGroup.__doc__)
    circuit: CircuitGroup = Field(default_factory=CircuitGroup, description=CircuitGroup.__doc__)
    workers: WorkersGroup = Field(default_factory=WorkersGroup, description=WorkersGroup.__doc__)
    loop: LoopGroup = Field(default_factory=LoopGroup, description=LoopGroup.__doc__)
    state: StateGroup = Field(default_factory=StateGroup, description=StateGroup.__doc__)
    bundle: BundleGroup = Field(default_factory=BundleGroup, description=BundleGroup.__doc__)
    rules: RulesGroup = Field(default_factory=RulesGroup, description=RulesGroup.__doc__)
    metrics: MetricsGroup = Field(default_factory=MetricsGroup, description=MetricsGroup.__doc__)
    logs: LogsGroup = Field(default_factory=LogsGroup, description=LogsGroup.__doc__)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: the sources are joined in `reading`, where errors are named."""
        return (init_settings,)
