"""The dashboard of those who run the service, in the order that a message travels."""

from consumer.telemetry.dashboards.flow_rows import (
    BATCHING,
    FLOW,
    PARTITIONS,
    SERVICE_LEVEL,
    STAGES,
)
from consumer.telemetry.dashboards.health_rows import DECISIONS, ERRORS, PODS, TRANSACTIONS
from consumer.telemetry.dashboards.parts import Dashboard, Variable

OPERATIONS = Dashboard(
    uid="chat-router-operations",
    title="Chat Router: operations",
    about="Follows a message from the input to the commit. Runbooks: docs/runbooks/.",
    variables=tuple(
        Variable(name, "chat_router_build_info") for name in ("namespace", "job", "instance")
    ),
    selected=("namespace", "job", "instance"),
    rows=(
        SERVICE_LEVEL,
        FLOW,
        PARTITIONS,
        BATCHING,
        STAGES,
        TRANSACTIONS,
        ERRORS,
        DECISIONS,
        PODS,
    ),
)
