"""The settings of the two kinds of cluster.

Ports on loopback: KRaft 2909i for clients and 2919i between controllers; ZooKeeper's kind 2929i, and 2818i, 2888i, 2889i for
ZooKeeper itself (i is the node's number).
"""
KINDS = {"kraft": "4.1.1", "zookeeper": "3.9.1"}
CLIENT_PORTS = {"kraft": 29090, "zookeeper": 29290}
CONTROLLER_PORTS, ZOOKEEPER_PORTS = 29190, (28180, 28880, 28890)
QUORUM = 3  # controllers, and ZooKeeper nodes: also with two brokers, so that the death of one stops nothing


def replication(brokers):
    """What a cluster for voices wants: two copies before an ack where there are three, no shortcuts to a leader, no topic by a typo."""
    least = 2 if brokers >= 3 else 1
    return {"default.replication.factor": brokers, "min.insync.replicas": least,
            "offsets.topic.replication.factor": brokers, "offsets.topic.num.partitions": 6,
            "transaction.state.log.replication.factor": brokers, "transaction.state.log.min.isr": least, "transaction.state.log.num.partitions": 6,
            "unclean.leader.election.enable": "false", "auto.create.topics.enable": "false",
            "offsets.retention.minutes": 525600, "group.initial.rebalance.delay.ms": 0,
            "num.network.threads": 2, "num.io.threads": 4}


def kraft(number, roles, host, hosts, folder, brokers):
    voters = ",".join(f"{i}@{hosts[i]}:{CONTROLLER_PORTS + i}" for i in range(1, QUORUM + 1))
    client, controller = f"PLAINTEXT://{host}:{CLIENT_PORTS['kraft'] + number}", f"CONTROLLER://{host}:{CONTROLLER_PORTS + number}"
    both = f"{client},{controller}" if "broker" in roles else controller
    out = {"process.roles": roles, "node.id": number, "controller.quorum.voters": voters, "listeners": both,
           "controller.listener.names": "CONTROLLER", "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
           "log.dirs": f"{folder}/data", "share.coordinator.state.topic.replication.factor": brokers,
           "share.coordinator.state.topic.min.isr": 1, **replication(brokers)}
    if "broker" in roles:
        out |= {"advertised.listeners": client, "inter.broker.listener.name": "PLAINTEXT", "broker.rack": f"rack-{number}"}
    return out


def zookeeper_broker(number, host, hosts, folder, brokers):
    ensemble = ",".join(f"{hosts[i]}:{ZOOKEEPER_PORTS[0] + i}" for i in range(1, QUORUM + 1))
    return {"broker.id": number, "listeners": f"PLAINTEXT://{host}:{CLIENT_PORTS['zookeeper'] + number}", "zookeeper.connect": f"{ensemble}/kafka",
            "log.dirs": f"{folder}/data", "broker.rack": f"rack-{number}", **replication(brokers)}


def zookeeper(number, host, hosts, folder):
    out = {"tickTime": 2000, "initLimit": 10, "syncLimit": 5, "dataDir": f"{folder}/data", "clientPortAddress": host,
           "clientPort": ZOOKEEPER_PORTS[0] + number, "admin.enableServer": "false", "4lw.commands.whitelist": "*"}
    for i in range(1, QUORUM + 1):
        out[f"server.{i}"] = f"{hosts[i]}:{ZOOKEEPER_PORTS[1] + i}:{ZOOKEEPER_PORTS[2] + i}"
    return out
