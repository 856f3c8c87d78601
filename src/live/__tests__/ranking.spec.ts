import type { ExperimentProgress } from '../../wire';
import { bestSoFar, curveOf } from '../curve';
import {
  clock,
  endedTrials,
  leader,
  leaderboard,
  progress,
  schedulable
} from '../ranking';
import { experiment, study } from './sample';

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
    const curve = curveOf([5, 1, 3], false);
    expect(curve?.path).toBe('M3,3H45V19H87V19');
    expect(curve?.end).toEqual([87, 19]);
    expect(curveOf([2, 2], false)?.end).toEqual([87, 11]);
    expect(curveOf([2], false)).toBeNull();
  });
});
