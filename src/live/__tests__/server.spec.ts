import { serverOfPage, stopByServer } from '../server';

function pageWith(config: object | null, cookie = ''): Document {
  return {
    cookie,
    getElementById: () =>
      config ? { textContent: JSON.stringify(config) } : null
  } as unknown as Document;
}

describe('the server of a page', () => {
  it('is found under its base URL, with the cookie that guards against forged requests', () => {
    const page = pageWith(
      { baseUrl: '/user/ann/', token: 't' },
      'a=b; _xsrf=2%7Cx; c=d'
    );
    expect(serverOfPage(page)).toEqual({
      baseUrl: '/user/ann/',
      headers: { 'X-XSRFToken': '2|x', Authorization: 'token t' }
    });
  });

  it('is not there outside Jupyter', () => {
    expect(serverOfPage(pageWith(null))).toBeNull();
    expect(serverOfPage(pageWith({}))).toBeNull();
  });
});

describe('stop', () => {
  const server = { baseUrl: '/user/ann/', headers: { 'X-XSRFToken': 'x' } };
  const answering = (
    ...replies: boolean[]
  ): { paths: string[]; send: typeof fetch } => {
    const paths: string[] = [];
    const send = (path: string): Promise<Response> => {
      paths.push(path);
      return Promise.resolve({ ok: replies.shift() ?? false } as Response);
    };
    return { paths, send: send as unknown as typeof fetch };
  };

  it('asks the extension first and leaves the kernel alone when that worked', async () => {
    const { paths, send } = answering(true);
    expect(await stopByServer(server, 'abc', 'k-1', send)).toBe(true);
    expect(paths).toEqual(['/user/ann/jupyterlab-tsml/studies/abc/stop']);
  });

  it('interrupts the kernel when the server does not know the study', async () => {
    const { paths, send } = answering(false, true);
    expect(await stopByServer(server, 'abc', 'k-1', send)).toBe(true);
    expect(paths[1]).toBe('/user/ann/api/kernels/k-1/interrupt');
  });

  it('says so when nothing worked', async () => {
    expect(await stopByServer(server, 'abc', null, answering(false).send)).toBe(
      false
    );
  });
});
