"""A Ray of its own that says its address, obeys lines, and ends with its input: ``python ray_head.py CPUS``.

A line ``versions RAY PYTHON`` has the head say that it is of those versions.
"""

import json
import logging
import sys

import ray
from ray.experimental.internal_kv import _internal_kv_put


def start(cpus: int, attempts: int = 3) -> None:
    """A busy machine may take longer than the 30 seconds that Ray gives its own start; it then raises a bare Exception."""
    try:
        ray.init(
            address="local",
            include_dashboard=False,
            num_cpus=cpus,
            object_store_memory=100_000_000,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception:
        ray.shutdown()
        if attempts == 1:
            raise
        start(cpus, attempts - 1)


start(int(sys.argv[1]))
print(ray.get_runtime_context().gcs_address, flush=True)
for line in sys.stdin:
    _, ray_version, python_version = line.split()
    told = json.dumps({"ray_version": ray_version, "python_version": python_version})
    _internal_kv_put(b"CLUSTER_METADATA", told.encode(), overwrite=True, namespace=b"cluster")
    print("said", flush=True)
ray.shutdown()
