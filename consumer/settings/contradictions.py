"""Rules between settings of different groups. Each setting alone is already good."""

from collections.abc import Iterator

from consumer.settings.problems import Problem, shown
from consumer.settings.schema import Settings

_MS_PER_S = 1_000


def contradictions(settings: Settings) -> Iterator[Problem]:
    """All settings that do not go together."""
    kafka, loop = settings.kafka, settings.loop
    limit = kafka.input_max_bytes
    if settings.intake.max_value_bytes > limit:
        yield _problem(
            settings,
            ("intake", "max_value_bytes"),
            f"must be at most kafka.input_max_bytes={limit}",
        )
    if loop.max_in_flight < settings.workers.window:
        rule = f"must be at least workers.window={settings.workers.window}"
        yield _problem(settings, ("loop", "max_in_flight"), rule)
    if loop.max_in_flight_bytes < limit:
        rule = f"must be at least kafka.input_max_bytes={limit}"
        yield _problem(settings, ("loop", "max_in_flight_bytes"), rule)
    if settings.shutdown_s <= loop.drain_s:
        yield _problem(settings, ("shutdown_s",), f"must be above loop.drain_s={loop.drain_s:g}")
    metrics = settings.metrics
    needs = (
        ("tls_cert_file", "tls_key_file"),
        ("tls_key_file", "tls_cert_file"),
        ("tls_client_ca_file", "tls_cert_file"),
    )
    for given, needed in needs:
        if getattr(metrics, given) and not getattr(metrics, needed):
            yield _problem(settings, ("metrics", given), f"needs metrics.{needed}")
    # A commit may take as long as its transaction lives; a loop that waits for it does not hang.
    if 0 < settings.watchdog_s * _MS_PER_S <= kafka.transaction_timeout_ms:
        rule = f"must be 0 or above kafka.transaction_timeout_ms={kafka.transaction_timeout_ms}"
        yield _problem(settings, ("watchdog_s",), rule)


def _problem(settings: Settings, path: tuple[str, ...], rule: str) -> Problem:
    value: object = settings
    for step in path:
        value = getattr(value, step)
    return Problem(path, rule, shown(path, value))
