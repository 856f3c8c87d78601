import type { TsmlClient } from '../../api';
import type { RunPage } from '../../wire';
import { filterOf, RunsModel } from '../runs';

describe('the filter of the runs', () => {
  it.each([
    ['', null],
    ['ridge', "attributes.run_name ILIKE '%ridge%'"],
    ["O'Brien %", "attributes.run_name ILIKE '%OBrien %'"],
    ['metrics.mae < 0.1', 'metrics.mae < 0.1']
  ])('%p means %p', (text, meant) => {
    expect(filterOf(text)).toBe(meant);
  });
});

describe('the list of runs', () => {
  const page = (ids: string[], next: string | null): RunPage =>
    ({ runs: ids.map(run_id => ({ run_id })), next_token: next }) as RunPage;

  it('grows page by page and keeps what is chosen', async () => {
    const pages = [page(['a', 'b'], 'more'), page(['c'], null)];
    const client = { runs: () => Promise.resolve(pages.shift()) };
    const model = new RunsModel(client as unknown as TsmlClient);
    await model.reload();
    model.choose('b', true);
    await model.more();
    expect(model.runs?.map(run => run.run_id)).toEqual(['a', 'b', 'c']);
    expect([model.chosen, model.hasMore]).toEqual([['b'], false]);
  });

  it('keeps the runs when the server is away, and says so', async () => {
    let away = false;
    const client = {
      runs: () =>
        away
          ? Promise.reject(new Error('MLflow does not answer'))
          : Promise.resolve(page(['a'], null))
    };
    const model = new RunsModel(client as unknown as TsmlClient);
    await model.reload();
    away = true;
    await model.reload();
    expect(model.runs).toHaveLength(1);
    expect(model.error).toBe('MLflow does not answer');
  });
});
