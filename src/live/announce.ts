import type { StudyStatus } from '../wire';

const EVENT = 'jupyterlab-tsml:status';

/**
 * Tell the other parts of the page how far a study is; the sidebar hears of it without asking the server.
 */
export function announce(status: StudyStatus): void {
  window.dispatchEvent(new CustomEvent(EVENT, { detail: status }));
}

/**
 * Hear what is announced on this page.
 *
 * @returns how to end that
 */
export function hear(heard: (status: StudyStatus) => void): () => void {
  const listen = (event: Event): void => {
    heard((event as CustomEvent<StudyStatus>).detail);
  };
  window.addEventListener(EVENT, listen);
  return () => window.removeEventListener(EVENT, listen);
}
