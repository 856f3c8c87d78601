import { FoldLook, PreviewLook } from '../looks';
import { DraftModel } from '../model';
import { previewOf, refusal, Server } from './sample';

async function opened(): Promise<[DraftModel, Server]> {
  const server = new Server();
  const draft = new DraftModel(server.client, null);
  await draft.load();
  return [draft, server];
}

function settled(look: PreviewLook | FoldLook): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      if (!look.busy) {
        look.changed.disconnect(check);
        resolve();
      }
    };
    look.changed.connect(check);
  });
}

describe('the first look at the data', () => {
  it('puts a problem that names a field at the field, and leaves the others', async () => {
    const [draft, server] = await opened();
    const look = new PreviewLook(server.client, draft);
    server.preview = () =>
      Promise.resolve(
        previewOf({
          problems: ["data.time: no such column (got 'd')", '2 rows repeat']
        })
      );
    draft.edit({ data: { loader: 'csv', path: 'b.csv', time: 'd' } });
    await settled(look);
    expect(look.issues).toEqual([
      {
        line: null,
        field: 'data.time',
        message: "no such column (got 'd')",
        hint: null
      }
    ]);
    expect(look.value?.problems).toEqual(['2 rows repeat']);
  });

  it('still shows the columns when only the calendar is wrong', async () => {
    const [draft, server] = await opened();
    const look = new PreviewLook(server.client, draft);
    server.preview = query =>
      query['calendar']
        ? Promise.reject(refusal(422, { field: 'data.calendar' }))
        : Promise.resolve(previewOf({ rows: 7 }));
    draft.edit({ data: { loader: 'csv', path: 'b.csv', calendar: 'XNYZ' } });
    await settled(look);
    expect(look.value?.rows).toBe(7);
    expect(look.issues.map(one => one.field)).toEqual(['data.calendar']);
  });

  it('says at the file’s field that there is no such file', async () => {
    const [draft, server] = await opened();
    const look = new PreviewLook(server.client, draft);
    server.preview = () => Promise.reject(refusal(404, { field: 'path' }));
    draft.edit({ data: { loader: 'csv', path: 'gone.csv' } });
    await settled(look);
    expect(look.issues.map(one => one.field)).toEqual(['data.path']);
    expect(look.error).toBe('');
  });

  it('forgets what it found as soon as the data change', async () => {
    const [draft, server] = await opened();
    const look = new PreviewLook(server.client, draft);
    server.preview = () => Promise.reject(refusal(404, { field: 'path' }));
    draft.edit({ data: { loader: 'csv', path: 'gone.csv' } });
    await settled(look);
    draft.edit({ data: { loader: 'sample' } });
    expect([look.issues, look.value]).toEqual([[], null]);
  });
});

describe('the folds', () => {
  it('are not asked for before somebody looks', async () => {
    const [draft, server] = await opened();
    const asked = jest.spyOn(server, 'folds');
    const look = new FoldLook(server.client, draft);
    draft.edit({ name: 'other' });
    await draft.settle();
    expect(asked).not.toHaveBeenCalled();
    look.want(true);
    await settled(look);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('are asked for one at a time, and the newest question counts', async () => {
    const [draft, server] = await opened();
    const look = new FoldLook(server.client, draft);
    const answers: (() => void)[] = [];
    const asked = jest
      .spyOn(server, 'folds')
      .mockImplementation(
        question =>
          new Promise(resolve =>
            answers.push(() => resolve({ first: JSON.stringify(question) }))
          )
      );
    const { advance } = useTimers();
    look.want(true);
    await advance();
    draft.edit({ target: { column: 'newest' } });
    await advance();
    expect(asked).toHaveBeenCalledTimes(1);
    answers.shift()?.();
    await advance();
    expect(asked).toHaveBeenCalledTimes(2);
    expect(look.busy).toBe(true);
    answers.shift()?.();
    await advance();
    expect(look.value?.first).toContain('newest');
    jest.useRealTimers();
  });

  it('are cut from the document that was found valid, not from what is being written', async () => {
    const [draft, server] = await opened();
    const look = new FoldLook(server.client, draft);
    const asked = jest.spyOn(server, 'folds');
    const { advance } = useTimers();
    const judge = server.judge;
    server.judge = question =>
      JSON.stringify(question).includes('half-written')
        ? { ...judge(question), valid: false, issues: [A_MISTAKE] }
        : judge(question);
    look.want(true);
    draft.edit({ models: ['half-written'] }); // before the question goes out
    await advance();
    expect(asked).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(asked.mock.calls)).not.toContain('half-written');
    jest.useRealTimers();
  });
});

const A_MISTAKE = { line: null, field: 'models', message: '?', hint: null };

/** Timers that go on only when they are told to. */
function useTimers(): { advance: () => Promise<unknown> } {
  jest.useFakeTimers();
  return { advance: () => jest.advanceTimersByTimeAsync(2000) };
}
