import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import type { DraftModel } from './model';
import { rebaseYaml } from './yaml';

/** The ending of a file with a document. */
export const SUFFIX = '.tsml.yaml';

/** The endings of the data files that can be chosen. */
const DATA = ['.csv', '.parquet', '.pq'];

/**
 * Whether a path is one of a document.
 */
export function isSpecFile(path: string): boolean {
  return path.endsWith(SUFFIX) || path.endsWith('.tsml.yml');
}

/**
 * Whether a file may hold a document: those of others have plainer names.
 */
export function mayBeSpec(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/**
 * Whether a path is one of a data file.
 */
export function isDataFile(path: string): boolean {
  return DATA.some(suffix => path.toLowerCase().endsWith(suffix));
}

/**
 * The path to save a document to, with its ending.
 */
export function withSuffix(path: string): string {
  return isSpecFile(path) ? path : path.replace(/\.ya?ml$/, '') + SUFFIX;
}

/**
 * Open a document; its data paths, which start from its folder, then start from the server's root.
 */
export async function openSpec(
  draft: DraftModel,
  contents: Contents.IManager,
  path: string
): Promise<void> {
  const file = await contents.get(path, {
    type: 'file',
    format: 'text',
    content: true // by default there is none
  });
  const text = String(file.content);
  const folder = PathExt.dirname(path);
  const moved = await rebaseYaml(text, folder, '').catch(() => text);
  await draft.replace(moved, path);
}

/**
 * Whether there is a file already.
 */
export async function exists(
  contents: Contents.IManager,
  path: string
): Promise<boolean> {
  return contents.get(path, { content: false }).then(
    () => true,
    () => false
  );
}

/**
 * Save a document; its data paths then start from its folder.
 */
export async function saveSpec(
  draft: DraftModel,
  contents: Contents.IManager,
  path: string
): Promise<void> {
  await draft.settle();
  const folder = PathExt.dirname(path);
  const text = await draft.text();
  const moved = await rebaseYaml(text, '', folder).catch(() => text);
  await contents.save(path, { type: 'file', format: 'text', content: moved });
  draft.saved(path);
}
