import { DraftModel } from '../model';
import { issueAt, previewOf, refusal, Server } from './sample';

const refused = {
  valid: false,
  issues: [issueAt('name', 'is missing')],
  yaml: null,
  spec: null
};

async function started(): Promise<[DraftModel, Server]> {
  const server = new Server();
  const draft = new DraftModel(server.client, null);
  await draft.load();
  return [draft, server];
}

describe('one document, two sides', () => {
  it('lets the YAML follow the form', async () => {
    const [draft] = await started();
    draft.edit({ name: 'second' });
    await draft.settle();
    expect(draft.yaml).toBe('name: second\n');
  });

  it('lets the form follow the YAML, and keeps the text as it was written', async () => {
    const [draft] = await started();
    await draft.show('yaml');
    draft.write('# why\nthird');
    await draft.settle();
    expect(draft.spec['name']).toBe('# why\nthird');
    expect(draft.yaml).toBe('# why\nthird');
  });

  it('keeps the text and the form through a YAML that is not valid', async () => {
    const [draft, server] = await started();
    await draft.show('yaml');
    const { judge } = server;
    server.judge = () => refused;
    draft.write('name: [');
    expect(await draft.show('form')).toBe(false);
    expect(draft.view).toBe('yaml');
    expect(draft.yaml).toBe('name: [');
    expect(draft.spec['name']).toBe('first');
    server.judge = judge;
    draft.write('mended');
    expect(await draft.show('form')).toBe(true);
    expect(draft.spec['name']).toBe('mended');
  });

  it('writes a form with mistakes as YAML, with nothing left out', async () => {
    const [draft, server] = await started();
    server.judge = () => refused;
    draft.edit({ name: '', models: [{ ridge: { alpha: 'abc' } }] });
    await draft.show('yaml');
    expect(draft.yaml).toContain('name: ""');
    expect(draft.yaml).toContain('alpha: abc');
    expect(draft.yaml).toContain('path: a.csv');
  });

  it('ignores an answer that a later edit has overtaken', async () => {
    const [draft, server] = await started();
    let answer = (): void => undefined;
    const slow = new Promise<void>(resolve => (answer = resolve));
    const { validate } = server;
    server.validate = async asked => {
      await slow;
      return validate.call(server, asked);
    };
    draft.edit({ name: 'slow' });
    const first = draft.settle();
    await new Promise(resolve => setTimeout(resolve));
    server.validate = validate;
    draft.edit({ name: 'fast' });
    await draft.settle();
    answer();
    await first;
    expect(draft.yaml).toBe('name: fast\n');
  });
});

describe('mistakes', () => {
  it('shows what the data tell only when the document has no mistake of its own', async () => {
    const [draft, server] = await started();
    draft.found('folds', [issueAt('target.column')]);
    expect(draft.issues.map(one => one.field)).toEqual(['target.column']);
    expect([draft.valid, draft.ready]).toEqual([true, false]);
    server.judge = () => refused;
    draft.edit({ name: '' });
    await draft.settle();
    expect(draft.issues.map(one => one.field)).toEqual(['name']);
  });

  it('shows a field’s mistake once, however many looks find it', async () => {
    const [draft] = await started();
    draft.found('preview', [issueAt('data.time', 'from the preview')]);
    draft.found('folds', [issueAt('data.time', 'from the folds')]);
    expect(draft.issues.map(one => one.message)).toEqual(['from the preview']);
    draft.found('preview', []);
    draft.found('folds', []);
    expect(draft.ready).toBe(true);
  });

  it('puts a refused run at its field until the next edit', async () => {
    const [draft] = await started();
    expect(draft.report(refusal(422, { field: 'data.start' }))).toBe(true);
    expect(draft.issues.map(one => one.field)).toEqual(['data.start']);
    draft.edit({ name: 'again' });
    await draft.settle();
    expect(draft.ready).toBe(true);
  });

  it('does not blame the document for a server that is away', async () => {
    const [draft] = await started();
    expect(draft.report(refusal(503, { field: 'tracking' }))).toBe(false);
    expect(draft.ready).toBe(true);
  });

  it('says why a document could not be checked', async () => {
    const [draft, server] = await started();
    server.validate = () =>
      Promise.reject(refusal(0, { message: 'no network' }));
    draft.edit({ name: 'x' });
    await draft.settle();
    expect([draft.error, draft.ready]).toEqual(['no network', false]);
  });
});

describe('what a file suggests', () => {
  it('is taken over where the document names nothing', async () => {
    const [draft] = await started();
    draft.edit({ data: { loader: 'csv', path: 'a.csv' } });
    draft.adopt(previewOf({ time_candidates: ['day'], entity: 'ticker' }));
    expect(draft.spec['data']).toMatchObject({ time: 'day', entity: 'ticker' });
  });

  it('leaves alone what the person named', async () => {
    const [draft] = await started();
    draft.edit({ data: { loader: 'csv', path: 'a.csv', time: 'when' } });
    draft.adopt(previewOf({ time_candidates: ['day'] }));
    expect(draft.spec['data']).toMatchObject({ time: 'when' });
  });
});
