import type { TranslationBundle } from '@jupyterlab/translation';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { english } from '../../compare/translation';
import { experiment, study } from '../../live/__tests__/sample';
import type { StudyLog, StudyStatus } from '../../wire';
import { StudyLogs } from '../logs';
import { StudyCard } from '../StudyCard';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

describe('the logs of studies', () => {
  const asked: string[] = [];
  let answer: () => Promise<StudyLog>;
  const lines = (...texts: string[]): Promise<StudyLog> =>
    Promise.resolve({ study: 'a', status: 'running', lines: texts });
  const logs = (): StudyLogs =>
    new StudyLogs({
      studyLog: id => {
        asked.push(id);
        return answer();
      }
    });

  beforeEach(() => {
    asked.length = 0;
    answer = () => lines('one');
  });

  it('are read when they are shown, and again while more can come', async () => {
    const model = logs();
    const running = [study({ study: 'a' }), study({ study: 'b' })];
    await model.refresh(running);
    expect(asked).toEqual([]);
    await model.toggle('a');
    expect(model.of('a')?.lines).toEqual(['one']);
    answer = () => lines('one', 'two');
    await model.refresh(running);
    expect([asked, model.of('a')?.lines]).toEqual([
      ['a', 'a'],
      ['one', 'two']
    ]);
    const over = [study({ study: 'a', status: 'finished' })];
    await model.refresh(over);
    await model.refresh(over);
    expect(asked).toHaveLength(3);
    await model.toggle('a');
    expect(model.of('a')).toBeNull();
    await model.refresh(running);
    expect(asked).toHaveLength(3);
  });

  it('keep their lines when the server is away, and say so', async () => {
    const model = logs();
    await model.toggle('a');
    answer = () => Promise.reject(new Error('it does not answer'));
    await model.refresh([study({ study: 'a' })]);
    expect(model.of('a')).toEqual({
      lines: ['one'],
      error: 'it does not answer'
    });
  });

  it('do not come back when they are hidden while they are read', async () => {
    let answered: (log: StudyLog) => void = () => undefined;
    answer = () =>
      new Promise(resolve => {
        answered = resolve;
      });
    const model = logs();
    const reading = model.toggle('a');
    void model.toggle('a');
    answered({ study: 'a', status: 'running', lines: ['late'] });
    await reading;
    expect(model.of('a')).toBeNull();
  });
});

describe('the card of a study', () => {
  const card = (more: Partial<StudyStatus>, onLog = jest.fn()): HTMLElement => {
    const page = document.createElement('div');
    act(() =>
      createRoot(page).render(
        <StudyCard
          study={study(more)}
          open={true}
          log={{ lines: ['it begins', 'it ends'], error: '' }}
          onLog={onLog}
          onStop={jest.fn()}
          trans={english as unknown as TranslationBundle}
        />
      )
    );
    return page;
  };

  it('says in a line what the panel says of workers and queue', () => {
    const worker = { what: 'fit' } as StudyStatus['workers'][number];
    const page = card({
      workers: [worker],
      workers_total: 1,
      throughput: 3,
      queue_position: 2
    });
    const facts = [...page.querySelectorAll('.jp-Tsml-facts > span')].map(
      fact => fact.textContent
    );
    expect(facts).toEqual([
      '3 of 8 trials done',
      '2 pruned',
      '1 failed',
      'about 5 s left',
      '1 of 1 workers busy',
      '3 fits/s'
    ]);
    expect(page.querySelector('[role=status]')?.textContent).toBe(
      'Number 2 in the queue for more workers.'
    );
  });

  it('shows its log, and the badges that the panel shows', () => {
    const onLog = jest.fn();
    const page = card(
      { experiments: [experiment('a', 3, { audit: 'failed' })] },
      onLog
    );
    expect(page.querySelector('[aria-label=Log]')?.textContent).toBe(
      'it begins\nit ends'
    );
    expect(page.textContent).toContain('audit failed');
    const button = [...page.querySelectorAll('button')].find(one =>
      one.textContent?.endsWith('Log')
    );
    expect(button?.getAttribute('aria-expanded')).toBe('true');
    act(() => button?.click());
    expect(onLog).toHaveBeenCalledTimes(1);
  });
});
