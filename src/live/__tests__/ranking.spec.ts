import type { ExperimentProgress, StudyStatus } from '../../wire';
import { bestSoFar, curveOf } from '../curve';
import {
  clock,
  endedTrials,
  leader,
  leaderboard,
  progress,
  schedulable
} from '../ranking';

const experiment = (
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
  seconds: 0,
  ...more
});

const study = (more: Partial<StudyStatus>): StudyStatus => ({
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

const names = (list: ExperimentProgress[]): string[] =>
  list.map(item => item.name);

describe('leaderboard', () => {
  it('puts the best first, by the direction of the metric, and those without a score last', () => {
    expect(names(leaderboard(study({})))).toEqual(['c', 'a', 'b']);
    expect(names(leaderboard(study({ greater_is_better: true })))).toEqual([
      'a',
      'c',
      'b'
    ]);
  });

  it('puts an experiment whose audit failed behind the others, and lets it lead only where there is no other', () => {
    const leaky = experiment('leaky', 0.1, { audit: 'failed' });
    const broken = experiment('broken', 0.2, { status: 'failed' });
    const experiments = [
      broken,
      leaky,
      experiment('b', null),
      experiment('a', 3)
    ];
    const board = leaderboard(study({ experiments }));
    expect(names(board)).toEqual(['a', 'leaky', 'broken', 'b']);
    expect(leader(study({ experiments }))?.name).toBe('a');
    expect(leader(study({ experiments: [leaky] }))?.name).toBe('leaky');
    expect(leader(study({ experiments: [broken] }))).toBeNull();
  });

  it('has no leader before the first score', () => {
    expect(leader(study({ experiments: [experiment('a', null)] }))).toBeNull();
    expect(leader(study({}))?.name).toBe('c');
  });

  it('schedules the study’s best, or the best that finished so far', () => {
    expect(schedulable(study({ best: 'run-a' }))?.name).toBe('a');
    const running = [
      experiment('a', 3),
      experiment('c', 1, { status: 'running' })
    ];
    expect(schedulable(study({ experiments: running }))?.name).toBe('a');
    expect(schedulable(study({ experiments: [] }))).toBeNull();
  });
});

describe('progress', () => {
  it('is in percent, and unknown without a total', () => {
    expect(progress(study({}))).toEqual({
      done: 37.5,
      pruned: 25,
      failed: 12.5
    });
    expect(endedTrials(study({}))).toBe(6);
    expect(progress(study({ trials_total: null }))).toBeNull();
  });

  it('counts on between two statuses, and stands still at the end', () => {
    expect(clock(study({}), 2)).toEqual({ elapsed: 12, left: 3 });
    expect(clock(study({}), 9)).toEqual({ elapsed: 19, left: 0 });
    expect(clock(study({ status: 'stopped' }), 9)).toEqual({
      elapsed: 10,
      left: null
    });
  });
});

describe('learning curve', () => {
  it('falls or rises with the metric', () => {
    expect(bestSoFar([3, 4, 2], false)).toEqual([3, 3, 2]);
    expect(bestSoFar([3, 4, 2], true)).toEqual([3, 4, 4]);
  });

  it('fits its box, and lies in the middle when all scores are the same', () => {
    const curve = curveOf([5, 1, 3], false, 90, 22);
    expect(curve?.path).toBe('M3,3H45V19H87V19');
    expect(curve?.end).toEqual([87, 19]);
    expect(curveOf([2, 2], false, 90, 22)?.end).toEqual([87, 11]);
    expect(curveOf([2], false, 90, 22)).toBeNull();
  });
});
