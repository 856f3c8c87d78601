"""MLflow: the only record of studies, trials and models."""

from dsframework.tracking._artifacts import read_text
from dsframework.tracking._client import client, guard, home, tracking_uri
from dsframework.tracking._compare import compare_runs, load_golden, load_predictions
from dsframework.tracking._environment import environment, git_commit, locked_requirements
from dsframework.tracking._journal import Journal, send_leftovers
from dsframework.tracking._lock import one_at_a_time
from dsframework.tracking._model import download_model, load_pipeline, log_pipeline
from dsframework.tracking._owner import machine, owner_is_alive, owner_is_here, signal_owner
from dsframework.tracking._runs import find_runs, load_result, load_spec_of, run_summary, search_runs, summarise
from dsframework.tracking._store import KIND, StoredTrial, StudyStore

__all__ = [
    "KIND",
    "Journal",
    "StoredTrial",
    "StudyStore",
    "client",
    "compare_runs",
    "download_model",
    "environment",
    "find_runs",
    "git_commit",
    "guard",
    "home",
    "load_golden",
    "load_pipeline",
    "load_predictions",
    "load_result",
    "load_spec_of",
    "locked_requirements",
    "log_pipeline",
    "machine",
    "one_at_a_time",
    "owner_is_alive",
    "owner_is_here",
    "read_text",
    "run_summary",
    "search_runs",
    "send_leftovers",
    "signal_owner",
    "summarise",
    "tracking_uri",
]
