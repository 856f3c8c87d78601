import type { ExperimentProgress, StudyStatus } from '../wire';

/**
 * The experiments, the best score first; behind them those whose audit failed, then those that failed or have no score yet.
 */
export function leaderboard(status: StudyStatus): ExperimentProgress[] {
  const sign = status.greater_is_better ? -1 : 1;
  return [...status.experiments].sort((first, second) => {
    const a = standing(first);
    const b = standing(second);
    if (a === null || b === null) {
      return Number(a === null) - Number(b === null);
    }
    return a.leaks - b.leaks || sign * (a.score - b.score);
  });
}

/**
 * The experiment that leads by its score.
 */
export function leader(status: StudyStatus): ExperimentProgress | null {
  const first = leaderboard(status)[0];
  return first && standing(first) ? first : null;
}

/** What an experiment is ranked by; nothing without a score to rank. */
function standing(
  item: ExperimentProgress
): { leaks: number; score: number } | null {
  return item.score === null || item.status === 'failed'
    ? null
    : { leaks: Number(item.audit === 'failed'), score: item.score };
}

/**
 * The run to schedule: the study's best, or of a study that ended early the best that finished.
 */
export function schedulable(status: StudyStatus): ExperimentProgress | null {
  const finished = leaderboard(status).filter(
    item => item.status === 'finished' && item.run_id !== null
  );
  return (
    finished.find(
      item => item.name === status.best || item.run_id === status.best
    ) ??
    finished[0] ??
    null
  );
}

/**
 * Whether nothing more will come.
 */
export function hasEnded(status: StudyStatus): boolean {
  return ['finished', 'failed', 'stopped'].includes(status.status);
}

/**
 * How many trials have come to an end of any kind.
 */
export function endedTrials(status: StudyStatus): number {
  return status.trials_done + status.trials_pruned + status.trials_failed;
}

/**
 * The shares of the progress bar in percent; without a total there is no bar to fill.
 */
export function progress(
  status: StudyStatus
): { done: number; pruned: number; failed: number } | null {
  const total = status.trials_total;
  if (total === null || total <= 0) {
    return null;
  }
  const share = (count: number): number => Math.min(100, (100 * count) / total);
  return {
    done: share(status.trials_done),
    pruned: share(status.trials_pruned),
    failed: share(status.trials_failed)
  };
}

/**
 * Elapsed and remaining seconds at a time after a status came in.
 */
export function clock(
  status: StudyStatus,
  sinceStatus: number
): { elapsed: number; left: number | null } {
  const passed = hasEnded(status) ? 0 : Math.max(0, sinceStatus);
  const left = status.seconds_left;
  return {
    elapsed: status.seconds + passed,
    left: left === null || hasEnded(status) ? null : Math.max(0, left - passed)
  };
}
