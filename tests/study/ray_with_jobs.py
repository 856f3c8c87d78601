"""A Ray of its own that takes jobs, says its address, and ends with its input: ``python ray_with_jobs.py CPUS``."""

import logging
import sys

import ray


def start(cpus: int, attempts: int = 3) -> None:
    """A busy machine may take longer than the 30 seconds that Ray gives its own start; it then raises a bare Exception."""
    try:
        ray.init(
            address="local",
            include_dashboard=True,
            dashboard_host="127.0.0.1",
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
sys.stdin.read()
ray.shutdown()
