"""What goes wrong around the embedded broker, in words for its user. Catches nothing itself."""

INSTALL_HINT = "pip install 'chat-router[broker]'"


class BrokerError(RuntimeError):
    """The embedded broker cannot be used; the message says why and what to do."""


class PortTakenError(BrokerError):
    """A port that looked free was taken before the broker could bind it."""
