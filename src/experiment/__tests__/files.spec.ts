import type { Contents } from '@jupyterlab/services';
import { exists, mayBeSpec, openSpec, saveSpec } from '../files';
import { DraftModel } from '../model';
import { Server } from './sample';

/** Files as a Jupyter server keeps them: what is in one is only told when asked for. */
class Files {
  readonly texts = new Map<string, string>();

  get(path: string, asked: Contents.IFetchOptions): Promise<unknown> {
    const text = this.texts.get(path);
    return text === undefined
      ? Promise.reject(new Error('404'))
      : Promise.resolve({ path, content: asked.content ? text : null });
  }

  save(path: string, model: { content: string }): Promise<unknown> {
    this.texts.set(path, model.content);
    return Promise.resolve({ path });
  }

  get manager(): Contents.IManager {
    return this as unknown as Contents.IManager;
  }
}

async function started(): Promise<[DraftModel, Files]> {
  const draft = new DraftModel(new Server().client, null);
  await draft.load();
  return [draft, new Files()];
}

describe('a file with a document', () => {
  it('is opened with what it holds, its data below the top folder', async () => {
    const [draft, files] = await started();
    const text = '# mine\ndata: {loader: csv, path: x.csv}\n';
    files.texts.set('desk/one.tsml.yaml', text);
    await openSpec(draft, files.manager, 'desk/one.tsml.yaml');
    expect(await draft.text()).toBe(
      '# mine\ndata: { loader: csv, path: desk/x.csv }\n'
    );
    expect(draft.file).toBe('desk/one.tsml.yaml');
  });

  it('is written so that it can be opened again', async () => {
    const [draft, files] = await started();
    await draft.replace('data: {loader: csv, path: desk/x.csv}\n', null);
    await saveSpec(draft, files.manager, 'desk/two.tsml.yaml');
    expect(files.texts.get('desk/two.tsml.yaml')).toContain('path: x.csv');
    expect(draft.file).toBe('desk/two.tsml.yaml');
  });

  it('is known to be there or not', async () => {
    const [, files] = await started();
    files.texts.set('one.tsml.yaml', '');
    expect(await exists(files.manager, 'one.tsml.yaml')).toBe(true);
    expect(await exists(files.manager, 'two.tsml.yaml')).toBe(false);
  });

  it.each([
    ['a.tsml.yaml', true],
    ['a.yml', true],
    ['a.yaml.txt', false]
  ])('%s may be one: %s', (path, expected) => {
    expect(mayBeSpec(path)).toBe(expected);
  });
});
