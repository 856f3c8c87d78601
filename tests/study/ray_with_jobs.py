"""A Ray of its own that takes jobs, says its address, and ends with its input: ``python ray_with_jobs.py CPUS``."""

import logging
import sys

import ray

ray.init(
    address="local",
    include_dashboard=True,
    dashboard_host="127.0.0.1",
    num_cpus=int(sys.argv[1]),
    object_store_memory=100_000_000,
    log_to_driver=False,
    logging_level=logging.ERROR,
)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
