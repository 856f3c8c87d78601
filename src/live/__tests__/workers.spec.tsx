import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { english } from '../../compare/translation';
import type { StudyStatus, WorkerLine } from '../../wire';
import { learningCurve } from '../curve';
import type { IFailure } from '../FailuresView';
import { LivePanel } from '../LivePanel';
import { taskText, waitingText, workFacts } from '../statusText';
import { keepRows } from '../workers';
import { study } from './sample';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const worker = (name: string, more: Partial<WorkerLine> = {}): WorkerLine => ({
  name,
  node: null,
  experiment: 'ridge',
  trial: 4,
  fold: 2,
  inside: null,
  what: 'fit',
  seconds: 3,
  done: 7,
  step: null,
  steps: null,
  curve: [],
  curve_of: null,
  ...more
});

const idle = (name: string): WorkerLine =>
  worker(name, { what: null, experiment: null, trial: null, fold: null });

describe('the rows of the workers', () => {
  it('stay where they are, whoever is busy', () => {
    const rows = keepRows([], ['w10', 'w2', 'w1']);
    expect(rows).toEqual(['w1', 'w2', 'w10']);
    expect(keepRows(rows, ['w10', 'w1', 'w2'])).toEqual(rows);
  });

  it('are given to others when a worker is gone', () => {
    expect(keepRows(['a', 'b', 'c'], ['c', 'a', 'e', 'd'])).toEqual([
      'a',
      'd',
      'c',
      'e'
    ]);
    expect(keepRows(['a', 'b', 'c'], ['c'])).toEqual(['c']);
  });
});

describe('what is said of workers', () => {
  const tasks = (more: Partial<WorkerLine>): string =>
    taskText(worker('a', more), english);

  it('names experiment, trial and fold', () => {
    expect(tasks({})).toBe('ridge: trial 4, fold 2');
    expect(tasks({ trial: null })).toBe('ridge: fold 2');
    expect(tasks({ inside: 3 })).toBe('ridge: trial 4, fold 2 inside fold 3');
    expect(tasks({ inside: 0 })).toBe(
      'ridge: trial 4, fold 2 before the final test'
    );
    expect(tasks({ what: 'final fit' })).toBe('ridge: final fit');
    expect(taskText(idle('a'), english)).toBe('waits for work');
  });

  it('counts those that are busy for this study, and the fits in a unit that fits', () => {
    const facts = (more: Partial<StudyStatus>): string[] =>
      workFacts(study({ workers_total: 3, ...more }), english);
    const workers = [
      worker('a'),
      idle('b'),
      worker('c', { what: 'another study' })
    ];
    expect(facts({ workers, throughput: 12.34 })).toEqual([
      '1 of 3 workers busy',
      '12 fits/s'
    ]);
    expect(facts({ workers, throughput: 0.1 })[1]).toBe('6 fits/min');
    expect(facts({ workers, throughput: 0.001 })[1]).toBe('3.6 fits/h');
    expect(facts({ workers: [worker('a')], workers_total: 40 })).toEqual([
      '1 or more of 40 workers busy'
    ]);
    expect(facts({ workers: [], workers_total: 0 })).toEqual([]);
    expect(facts({ workers, throughput: 5, status: 'finished' })).toEqual([]);
  });
});

describe('a study that waits', () => {
  const says = (more: Partial<StudyStatus>): string | null =>
    waitingText(study(more), english);
  const since = '2026-01-05T10:00:00+00:00';
  const clock = new Date(since).toLocaleTimeString();

  it('says its place in the queue and why', () => {
    expect(
      says({
        queue_position: 3,
        waiting_since: since,
        waiting_for: "3rd in the queue for pool 'gpu': user ann has 6 of 8"
      })
    ).toBe(
      `Waiting for workers since ${clock}: 3rd in the queue for pool 'gpu': user ann has 6 of 8.`
    );
    expect(says({ queue_position: 1 })).toBe(
      'Number 1 in the queue for more workers.'
    );
  });

  it('is never silent, and says nothing once it has ended', () => {
    expect(says({ waiting_since: since })).toBe(
      `Waiting for workers since ${clock}: all workers are busy.`
    );
    expect(says({ status: 'queued' })).toBe(
      'Waiting for its process to begin.'
    );
    expect(says({})).toBeNull();
    expect(says({ status: 'stopped', queue_position: 2 })).toBeNull();
  });
});

describe('a learning curve', () => {
  it('ends where the learning is', () => {
    expect(learningCurve([4, 2, 2, 1], 0.5)?.path).toBe(
      'M13.5,3L24,13.67L34.5,13.67L45,19'
    );
    expect(learningCurve([1, 2], 7)?.end).toEqual([87, 3]);
    expect(learningCurve([1], 0.1)).toBeNull();
  });
});

describe('the workers in the panel', () => {
  const page = document.createElement('div');
  let root: Root;
  const show = (more: Partial<StudyStatus>): void =>
    act(() => root.render(<LivePanel status={study(more)} stopping={false} />));
  const region = (): Element | null =>
    page.querySelector('[role=region][aria-label=Workers]');

  beforeEach(() => {
    root = createRoot(page);
  });
  afterEach(() => act(() => root.unmount()));

  it('keep the elements of their rows and their curves while they learn', () => {
    const learns = (step: number, curve: number[]): WorkerLine =>
      worker('w2', { step, steps: 100, curve, curve_of: 'rmse' });
    show({
      workers: [learns(20, [3, 2]), idle('w1')],
      workers_total: 5
    });
    const rows = [...(region()?.querySelectorAll('tbody tr') ?? [])];
    const path = region()?.querySelector('path');
    const before = path?.getAttribute('d');
    expect(rows.map(row => row.querySelector('th')?.textContent)).toEqual([
      'w1',
      'w2'
    ]);
    expect(region()?.textContent).toContain('20/100');
    expect(region()?.textContent).toContain('and 3 more');
    expect(region()?.querySelector('svg')?.getAttribute('aria-label')).toBe(
      'rmse: 2.000'
    );
    show({
      workers: [worker('w1'), learns(60, [3, 2, 1])],
      workers_total: 5
    });
    expect([...(region()?.querySelectorAll('tbody tr') ?? [])]).toEqual(rows);
    expect(region()?.querySelector('path')).toBe(path);
    expect(path?.getAttribute('d')).not.toBe(before);
  });

  it('are folded where there are many, open on a click, and gone when the study has ended', () => {
    const workers = Array.from({ length: 16 }, (_, at) => worker(`w${at}`));
    show({ workers, workers_total: 19 });
    expect(region()).toBeNull();
    const fold = page.querySelector<HTMLButtonElement>('.jp-TsmlLive-fold');
    expect(fold?.getAttribute('aria-expanded')).toBe('false');
    act(() => fold?.click());
    expect(region()?.querySelectorAll('tbody tr')).toHaveLength(16);
    expect(region()?.textContent).toContain('and 3 more');
    show({ workers: [], workers_total: 0, status: 'finished' });
    expect(region()).toBeNull();
  });
});

describe('the failures in the panel', () => {
  const failure = (number: number, times: number): IFailure => ({
    experiment: 'ridge',
    times,
    trial: {
      number,
      key: '',
      params: { alpha: 0.5, kind: 'l2' },
      status: 'failed',
      cv: {},
      error: 'fold 2: the matrix is singular',
      log: 'it gets cold\nValueError: singular',
      seconds: 1,
      rounds: null,
      inside: null,
      part: 'trial'
    }
  });

  it('unfold to parameters and log', () => {
    const page = document.createElement('div');
    act(() =>
      createRoot(page).render(
        <LivePanel
          status={study({})}
          stopping={false}
          failures={[failure(3, 1), failure(4, 6)]}
        />
      )
    );
    const found = [...page.querySelectorAll('details')];
    expect(found.map(one => one.querySelector('summary')?.textContent)).toEqual(
      [
        'ridge, trial 3 fold 2: the matrix is singular',
        'ridge, trial 4 and 5 more like it fold 2: the matrix is singular'
      ]
    );
    expect(found[0]?.open).toBe(false);
    expect(found[0]?.querySelector('pre')?.textContent).toBe(
      'alpha: 0.5\nkind: l2\n\nit gets cold\nValueError: singular'
    );
    expect(page.textContent).toContain('7 trials');
  });
});
