"""A Ray of its own that takes jobs, says its address, and ends with its input: ``python ray_with_jobs.py CPUS``."""

import socket
import sys

from ray.cluster_utils import Cluster


def free_port() -> int:
    """Return a port that nobody listens at: another Ray on this machine has the usual ones."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])


def start(cpus: int, attempts: int = 3) -> Cluster:
    """A busy machine may take longer than Ray gives its own start; it then raises a bare Exception."""
    node = {
        "num_cpus": cpus,
        "include_dashboard": True,
        "dashboard_host": "127.0.0.1",
        "dashboard_port": free_port(),
        "dashboard_agent_listen_port": free_port(),
        "object_store_memory": 100_000_000,
    }
    try:
        return Cluster(initialize_head=True, head_node_args=node)
    except Exception:
        if attempts == 1:
            raise
        return start(cpus, attempts - 1)


cluster = start(int(sys.argv[1]))
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
