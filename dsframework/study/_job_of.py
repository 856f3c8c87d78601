"""Which job of Ray runs a study, and how that job is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from dsframework.errors import TsmlError
from dsframework.execution import Job, Jobs, jobs_of_cluster

__all__ = ["ATTEMPT", "JOB", "job_of", "job_tag", "jobs_with"]

ATTEMPT = "tsml.attempt"
JOB = "tsml.job"


def job_tag(jobs: Jobs, name: str) -> str:
    """Return what is recorded of a job: the cluster that has it, and its name there."""
    return f"{jobs.url} {name}"


def jobs_with(tags: Mapping[str, str]) -> tuple[Jobs, str] | None:
    """Return the cluster of a study's job and the job's name; None where it has none, or its cluster is not the one set here.

    A token is never sent to an address that only MLflow names.

    Raises
    ------
    ExecutorError
        When the cluster does not answer.
    """
    url, _, name = tags.get(JOB, "").partition(" ")
    jobs = jobs_of_cluster() if name else None
    return (jobs, name) if jobs is not None and jobs.url == url else None


def job_of(tags: Mapping[str, str]) -> Job | None:
    """Return a study's job; one that its cluster no longer knows has ended. None where nobody can be asked."""
    with suppress(TsmlError):
        found = jobs_with(tags)
        if found is not None:
            jobs, name = found
            return jobs.find(name) or Job(name, "ended", "the cluster no longer knows it", {})
    return None
