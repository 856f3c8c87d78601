/**
 * Where the Jupyter server of this page is, and how to speak to it.
 */
export interface IServer {
  readonly baseUrl: string;
  readonly headers: Record<string, string>;
}

/**
 * Read the server's address from the page's configuration; nothing outside JupyterLab and Notebook.
 */
export function serverOfPage(page: Document): IServer | null {
  const text = page.getElementById('jupyter-config-data')?.textContent;
  if (!text) {
    return null;
  }
  const config = JSON.parse(text) as { baseUrl?: string; token?: string };
  if (!config.baseUrl) {
    return null;
  }
  const headers: Record<string, string> = {};
  const xsrf = /(?:^|;\s*)_xsrf=([^;]*)/.exec(page.cookie)?.[1];
  if (xsrf) {
    headers['X-XSRFToken'] = decodeURIComponent(xsrf);
  }
  if (config.token) {
    headers['Authorization'] = `token ${config.token}`;
  }
  return { baseUrl: config.baseUrl, headers };
}

/**
 * Ask the server to stop a study; where it does not know the study, interrupt the kernel that runs it.
 * While a cell runs, some front ends keep messages to the kernel back, so that this is the way that always works.
 *
 * @returns whether one of the two was accepted
 */
export async function stopByServer(
  server: IServer,
  study: string,
  kernel: string | null,
  send: typeof fetch = fetch
): Promise<boolean> {
  const paths = [`jupyterlab-tsml/studies/${encodeURIComponent(study)}/stop`];
  if (kernel) {
    paths.push(`api/kernels/${encodeURIComponent(kernel)}/interrupt`);
  }
  for (const path of paths) {
    try {
      const reply = await send(`${server.baseUrl}${path}`, {
        method: 'POST',
        headers: server.headers,
        credentials: 'same-origin'
      });
      if (reply.ok) {
        return true;
      }
    } catch {
      // the server does not answer; the next way may
    }
  }
  return false;
}
