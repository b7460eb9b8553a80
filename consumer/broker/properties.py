"""The server.properties of one node. Paths are relative: the node runs in its own folder.

(A properties file is read as ISO-8859-1, so an absolute path could not hold every user's name.)
"""

from consumer.broker.ports import HOST

LOG_DIR = "log"
_MIB = 1024 * 1024

# Small and quick instead of parallel: this broker shares a laptop with its client.
_SMALL = {
    "num.network.threads": 2,
    "num.io.threads": 2,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.num.partitions": 4,
    # The default of 128 MiB is allocated at once and would be half of the process.
    "log.cleaner.dedupe.buffer.size": 16 * _MIB,
}
# Groups form at once, and tests may use short sessions and see timed-out transactions end.
_PROMPT = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1_000,
    "group.consumer.min.session.timeout.ms": 1_000,
    "group.consumer.min.heartbeat.interval.ms": 300,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1_000,
}
_LONE = {
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
}
# Every topic survives the loss of one broker.
_THREE = {
    "default.replication.factor": 3,
    "min.insync.replicas": 2,
    "offsets.topic.replication.factor": 3,
    "transaction.state.log.replication.factor": 3,
    "transaction.state.log.min.isr": 2,
    "share.coordinator.state.topic.replication.factor": 3,
    "share.coordinator.state.topic.min.isr": 2,
    # An ended broker may only come back after its session, also after a clean end.
    "broker.heartbeat.interval.ms": 1_000,
    "broker.session.timeout.ms": 4_000,
}


def server_properties(node: int, client_ports: list[int], controller_ports: list[int]) -> str:
    """The settings of node 1, 2, ...; the ports of all nodes are listed in their order."""
    client, controller = client_ports[node - 1], controller_ports[node - 1]
    voters = [f"{number}@{HOST}:{port}" for number, port in enumerate(controller_ports, 1)]
    settings = {
        "process.roles": "broker,controller",
        "node.id": node,
        "controller.quorum.voters": ",".join(voters),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listeners": f"PLAINTEXT://{HOST}:{client},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{client}",
        "log.dirs": LOG_DIR,
        "auto.create.topics.enable": "false",
        **_SMALL,
        **_PROMPT,
        **(_THREE if len(client_ports) == 3 else _LONE),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
