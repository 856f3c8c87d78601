"""What travels is stored in a head of Ray and unpacked from there, as nodes do; says where it lies: ``python travel.py FOLDER MODULE``.

The head is the one program of Ray that keeps what travels; no node and no worker is started, which takes a busy machine half a minute.
"""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import time
from pathlib import Path

import ray
from ray._private import services
from ray._private.runtime_env.packaging import download_and_unpack_package
from ray._raylet import GcsClient
from ray.experimental import internal_kv

from dsframework.errors import ExecutorError
from dsframework.execution import Needs, code_of
from dsframework.execution._cluster import ask_head, ask_nodes
from dsframework.execution._ray_code import RayCode

folder, module = Path(sys.argv[1]), sys.argv[2]
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
address = f"127.0.0.1:{port}"
options = {
    "log_dir": folder,
    "session-dir": folder,
    "config_list": services.serialize_config({}),
    "gcs_server_port": port,
    "metrics-agent-port": 0,
    "node-ip-address": "127.0.0.1",
    "session-name": "travel",
    "ray-commit": ray.__commit__,
    "node-id": "ab" * 28,
}
program = Path(ray.__file__).parent / "core" / "src" / "ray" / "gcs" / "gcs_server"
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
logging.disable(logging.INFO)
with subprocess.Popen([program, *(f"--{name}={value}" for name, value in options.items())], **quiet) as head:
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                ask_head(address)
                break
            except ExecutorError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        client = GcsClient(address=address)
        internal_kv._initialize_internal_kv(client)
        code = RayCode(address, folder / "home")
        code.need(Needs(code=tuple(code_of([module]).items())))
        code.look([], "own", on_demand=True)
        code.store()
        environment = code.options()["runtime_env"]
        unpacked = [
            str(asyncio.run(download_and_unpack_package(place, str(folder / "node"), client, logger=logging.getLogger("travel"))))
            for place in (environment["working_dir"], *environment["py_modules"])
        ]
        print(json.dumps({"places": unpacked, "variables": environment["env_vars"], "nodes": len(ask_nodes(address).alive)}))
    finally:
        head.terminate()
