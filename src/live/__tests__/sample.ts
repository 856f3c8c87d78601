import type { ExperimentProgress, StudyStatus } from '../../wire';

/** A line of the leaderboard with a score. */
export const experiment = (
  name: string,
  score: number | null,
  more: Partial<ExperimentProgress> = {}
): ExperimentProgress => ({
  name,
  model: 'ridge',
  variant: {},
  run_id: `run-${name}`,
  status: 'finished',
  error: null,
  trials_done: 1,
  trials_failed: 0,
  trials_pruned: 0,
  trials_total: 1,
  score,
  score_std: null,
  history: [],
  test_score: null,
  beats_baselines: null,
  audit: null,
  params: {},
  front: null,
  seconds: 0,
  ...more
});

/** A study that runs. */
export const study = (more: Partial<StudyStatus>): StudyStatus => ({
  study: 's',
  name: 'volume',
  status: 'running',
  metric: 'mae',
  greater_is_better: false,
  executor: 'local',
  started: null,
  ended: null,
  seconds: 10,
  seconds_left: 5,
  trials_done: 3,
  trials_failed: 1,
  trials_pruned: 2,
  trials_running: 0,
  trials_resumed: 0,
  trials_total: 8,
  best: null,
  best_score: null,
  waiting_since: null,
  waiting_for: null,
  queue_position: null,
  throughput: null,
  workers: [],
  workers_total: 0,
  error: null,
  experiments: [experiment('a', 3), experiment('b', null), experiment('c', 1)],
  ...more
});
