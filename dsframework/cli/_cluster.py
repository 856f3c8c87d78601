"""tsml cluster: a look at the Ray cluster before anything is submitted to it."""

from __future__ import annotations

import argparse
from typing import Any

from dsframework.cli._stdout import kept_for_the_document
from dsframework.cli._tables import JSON_HELP, plain_table
from dsframework.records import ClusterReport

__all__ = ["add_commands", "cluster_text"]

_OURS = ("python", "ray", "jupyterlab-tsml")


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    cluster = commands.add_parser(
        "cluster", help="look at the Ray cluster of RAY_ADDRESS: versions, nodes, pools, and every problem with what to do about it"
    )
    cluster.add_argument("--json", action="store_true", help=JSON_HELP)
    cluster.set_defaults(run=_cluster)


def _cluster(options: argparse.Namespace) -> int:
    from dsframework.execution import cluster_report
    from dsframework.tracking import home

    with kept_for_the_document(active=options.json):
        report = cluster_report(home())
    print(report.model_dump_json(indent=1) if options.json else cluster_text(report))
    return 1 if any(problem.fatal for problem in report.problems) else 0


def cluster_text(report: ClusterReport) -> str:
    """Return a look at a cluster as lines of text."""
    lines = [f"cluster: {report.address or 'none'}"]
    lines.append(_said("here", report.here))
    if report.there:
        lines.append(_said("head", report.there))
    if report.nodes:
        lines += ["", *_nodes(report)]
    if report.pools:
        lines += ["", *_pools(report)]
    if report.problems:
        lines += ["", "problems:"]
        lines += [f"  {problem.text}" + (f"\n    {problem.mend}" if problem.mend else "") for problem in report.problems]
    else:
        lines += ["", "no problem was found"]
    return "\n".join(lines)


def _said(where: str, told: dict[str, str | None]) -> str:
    return f"{where}: " + ", ".join(f"{name} {told[name] or 'not installed'}" for name in _OURS if name in told)


def _nodes(report: ClusterReport) -> list[str]:
    import polars as pl

    always = ("CPU", "GPU", "memory")
    heads = ["node", "is", "CPUs", "GPUs", "memory", "other resources"]
    rows = []
    for node in report.nodes:
        own = ", ".join(f"{node.free.get(name, 0):g} of {amount:g} {name}" for name, amount in node.has.items() if name not in always)
        amounts = [_free_of(node.has, node.free, name) for name in always]
        rows.append([node.address, "head" if node.head else "worker", *amounts, own or "-"])
    return ["free of what each node has", *plain_table(pl.DataFrame(rows, schema=heads, orient="row")).splitlines()]


def _free_of(has: dict[str, float], free: dict[str, float], name: str) -> str:
    if name not in has:
        return "-"
    if name == "memory":
        return f"{free.get(name, 0) / 1e9:.3g} of {has[name] / 1e9:.3g} GB"
    return f"{free.get(name, 0):g} of {has[name]:g}"


def _pools(report: ClusterReport) -> list[str]:
    import polars as pl

    rows = [[pool.name, pool.asks, pool.fits, pool.free] for pool in report.pools]
    heads = ["pool", "a fit asks for", "fits at once", "could begin now"]
    return plain_table(pl.DataFrame(rows, schema=heads, orient="row")).splitlines()
