"""The clusters in ``docs/clusters`` are what Ray and KubeRay accept, and fit the pools beside them.

Ray brings the JSON Schema of its own files. KubeRay's is part of its operator and of no Python package: `KUBERAY` says, in fewer words,
which of its fields (``ray.io/v1``) and Kubernetes' are used, and refuses all others.
"""

from __future__ import annotations

import json
import re
import shlex
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from dsframework.execution import place
from dsframework.execution._pools import read_pools
from dsframework.execution._ray_room import room_on
from dsframework.spec import Resources

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "clusters"
TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}


def fields(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required.split(), "properties": properties}


def several(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


def texts(pattern: str = ".*") -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"type": "string", "pattern": pattern}}


AMOUNTS = texts(r"^[0-9.]+(m|[KMGT]i?)?$")
RESOURCES = fields("requests limits", requests=AMOUNTS, limits=AMOUNTS)
VARIABLE = fields("name", name=TEXT, value=TEXT, valueFrom=fields("secretKeyRef", secretKeyRef=fields("name key", name=TEXT, key=TEXT)))
PROBE = fields("tcpSocket", tcpSocket=fields("port", port=COUNT), periodSeconds=COUNT, failureThreshold=COUNT)
CONTAINER = fields(
    "name image env resources",
    name=TEXT,
    image={"type": "string", "pattern": r"^[a-z0-9./-]+:[\w.-]+$"},
    env=several(VARIABLE),
    ports=several(fields("name containerPort", name={"type": "string", "maxLength": 15}, containerPort=COUNT)),
    readinessProbe=PROBE,
    resources=RESOURCES,
)
TOLERATION = fields("key operator", key=TEXT, operator={"enum": ["Exists", "Equal"]}, effect={"enum": ["NoSchedule", "NoExecute"]})
POD = fields(
    "spec",
    spec=fields("containers", restartPolicy={"const": "Never"}, containers=several(CONTAINER), tolerations=several(TOLERATION)),
)
GROUP = {"rayStartParams": texts(), "template": POD}
KUBERAY = fields(
    "apiVersion kind metadata spec",
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayCluster"},
    metadata=fields("name", name={"type": "string", "pattern": "^[a-z][a-z0-9-]{0,40}$"}),
    spec=fields(
        "rayVersion headGroupSpec",
        rayVersion=TEXT,
        enableInTreeAutoscaling={"type": "boolean"},
        autoscalerOptions=fields(
            version={"enum": ["v1", "v2"]},
            idleTimeoutSeconds=COUNT,
            upscalingMode={"enum": ["Default", "Aggressive", "Conservative"]},
            resources=RESOURCES,
            env=several(VARIABLE),
        ),
        headGroupSpec=fields("rayStartParams template", serviceType={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}, **GROUP),
        workerGroupSpecs=several(
            fields("groupName rayStartParams template", groupName=TEXT, replicas=COUNT, minReplicas=COUNT, maxReplicas=COUNT, **GROUP)
        ),
    ),
)


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def container_of(group: dict[str, Any]) -> dict[str, Any]:
    (container,) = group["template"]["spec"]["containers"]
    return dict(container)


def workers_of(name: str) -> list[tuple[int, dict[str, float]]]:
    """How many machines of each kind there may be, and what each has."""
    if name != "kuberay.yaml":
        kinds = read(name)["available_node_types"].values()
        return [(kind["max_workers"], kind["resources"]) for kind in kinds if "max_workers" in kind]
    found = []
    for group in read(name)["spec"]["workerGroupSpecs"]:
        limits = container_of(group)["resources"]["limits"]
        (own,) = shlex.split(group["rayStartParams"]["resources"])  # KubeRay hands it to a shell
        found.append((group["maxReplicas"], {"CPU": int(limits["cpu"]), "GPU": int(limits.get("nvidia.com/gpu", 0)), **json.loads(own)}))
    return found


@pytest.mark.parametrize("name", ["aws.yaml", "gcp.yaml"])
def test_ray_accepts_its_clusters(name: str) -> None:
    pytest.importorskip("ray")
    from ray.autoscaler._private.util import fillout_defaults, validate_config

    config = read(name)
    validate_config(fillout_defaults(deepcopy(config)))
    with pytest.raises(jsonschema.ValidationError, match="idle_minutes"):
        validate_config(fillout_defaults({**config, "idle_minutes": 3}))
    kinds = config["available_node_types"]
    assert config["max_workers"] == sum(kind.get("max_workers", 0) for kind in kinds.values())
    assert kinds[config["head_node_type"]]["resources"] == {"CPU": 0}
    assert not config["provider"]["cache_stopped_nodes"]
    for commands in (config["head_start_ray_commands"], config["worker_start_ray_commands"]):
        assert "RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$HOME/ray_token RAY_worker_niceness=0" in commands[-1]
    assert "~/ray_token" in config["file_mounts"]
    for kind in (kinds["cpu"]["node_config"], kinds["gpu"]["node_config"]):
        spot = kind.get("InstanceMarketOptions") == {"MarketType": "spot"}
        assert spot or {"preemptible": True} in kind["scheduling"]


def test_kuberay_accepts_its_cluster() -> None:
    cluster = read("kuberay.yaml")
    jsonschema.validate(cluster, KUBERAY)
    groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
    secret = {"name": "RAY_AUTH_TOKEN", "valueFrom": {"secretKeyRef": {"name": "tsml-ray-token", "key": "auth_token"}}}
    for variables in (cluster["spec"]["autoscalerOptions"]["env"], *(container_of(group)["env"] for group in groups)):
        assert secret in variables
        assert {"name": "RAY_AUTH_MODE", "value": "token"} in variables
    for group in cluster["spec"]["workerGroupSpecs"]:
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(cluster | {"spec": cluster["spec"] | {"autoscaler": {}}}, KUBERAY)


@pytest.mark.parametrize("name", ["aws.yaml", "gcp.yaml", "kuberay.yaml"])
def test_the_pools_fit_the_machines(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every pool gets as many workers as the largest cluster has room for, and its fits leave no CPU idle."""
    monkeypatch.setenv("TSML_POOLS", str(FOLDER / "pools.yaml"))
    for pool in read_pools(tmp_path).keys() - {"cpu", "gpu"}:
        placement = place(Resources(pool=pool), tmp_path)
        workers, asks = placement.workers, placement.asks
        assert workers is not None
        kinds = [(number, has) for number, has in workers_of(name) if all(has.get(what, 0) >= much for what, much in asks.items())]
        assert len(kinds) == 1, "one kind of machines"
        ((number, has),) = kinds
        at_once = room_on([{"Alive": True, "Resources": has}], replace(placement, workers=None))
        assert number * at_once == workers
        assert at_once * asks["CPU"] == has["CPU"]


def test_every_template_has_the_same_ray_and_python() -> None:
    found = {match for path in FOLDER.glob("*.yaml") for match in re.findall(r"ray:(\d+\.\d+\.\d+)-(py\d+)", path.read_text())}
    assert len(found) == 1
    assert read("kuberay.yaml")["spec"]["rayVersion"] == next(iter(found))[0]
