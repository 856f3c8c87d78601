import type { TsmlClient } from '../../api';
import { announce } from '../../live/announce';
import { study } from '../../live/__tests__/sample';
import type { StudyStatus } from '../../wire';
import { StudiesModel } from '../studies';

describe('the studies that are followed', () => {
  let asked: string[];
  let answer: StudyStatus[];
  let model: StudiesModel;

  beforeEach(() => {
    jest.useFakeTimers();
    asked = [];
    answer = [study({ study: 'a' }), study({ study: 'b' })];
    const client = {
      studies: () => {
        asked.push('studies');
        return Promise.resolve(answer);
      },
      studyLog: (id: string) => {
        asked.push(`log of ${id}`);
        return Promise.resolve({ study: id, status: 'running', lines: [] });
      }
    };
    model = new StudiesModel(client as unknown as TsmlClient);
  });

  afterEach(() => {
    model.dispose();
    jest.useRealTimers();
    show(true);
    jest.restoreAllMocks();
  });

  function show(visible: boolean): void {
    const state = visible ? 'visible' : 'hidden';
    jest.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
    document.dispatchEvent(new Event('visibilitychange'));
  }

  /** What is asked for in some seconds. */
  async function during(seconds: number): Promise<string[]> {
    asked.length = 0;
    await jest.advanceTimersByTimeAsync(1000 * seconds);
    return [...asked];
  }

  it('cost one request every two seconds together, and one for a log that is read', async () => {
    model.watch(true);
    await during(1);
    expect(await during(10)).toEqual(Array(5).fill('studies'));
    void model.logs.toggle('b');
    await during(1);
    expect(await during(4)).toEqual([
      'studies',
      'log of b',
      'studies',
      'log of b'
    ]);
  });

  it('are heard of from the panels of the page, without a request', async () => {
    model.watch(true);
    await during(1);
    announce(study({ study: 'new', trials_done: 1 }));
    announce(study({ study: 'a', trials_done: 7 }));
    announce(study({ study: 'old', status: 'finished' }));
    const done = (): [string, number][] =>
      (model.studies ?? []).map(one => [one.study, one.trials_done]);
    expect(done()).toEqual([
      ['new', 1],
      ['a', 7],
      ['b', 3]
    ]);
    answer = ['new', 'a', 'b'].map(id => study({ study: id, trials_done: 0 }));
    expect(await during(2)).toEqual(['studies']);
    expect(done()).toEqual([
      ['new', 1],
      ['a', 7],
      ['b', 0]
    ]);
    await during(4);
    expect(done()[1]).toEqual(['a', 0]);
    model.watch(false);
    announce(study({ study: 'a', trials_done: 8 }));
    expect(done()[1]).toEqual(['a', 0]);
  });

  it('cost little when none runs, and nothing while nobody looks', async () => {
    answer = [study({ status: 'finished' })];
    model.watch(true);
    await during(1);
    expect((await during(60)).length).toBe(3);
    model.watch(false);
    expect(await during(300)).toEqual([]);
  });

  it('cost nothing while the page is hidden, and are asked for again when it is not', async () => {
    model.watch(true);
    await during(1);
    show(false);
    await during(4); // the poll looks once more
    expect(await during(300)).toEqual([]);
    show(true);
    expect((await during(4)).length).toBeGreaterThan(0);
  });
});
