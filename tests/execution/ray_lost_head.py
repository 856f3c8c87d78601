"""The head of a Ray at a port of its own that dies at the end of its input, without a word: ``python ray_lost_head.py PORT``."""

import sys

from ray.cluster_utils import Cluster


def start(port: int, attempts: int = 3) -> Cluster:
    """A busy machine may take longer than Ray gives its own start; it then raises a bare Exception."""
    try:
        return Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False, "gcs_server_port": port})
    except Exception:
        if attempts == 1:
            raise
        return start(port, attempts - 1)


cluster = start(int(sys.argv[1]))
print(cluster.address, flush=True)
sys.stdin.read()
cluster.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
