import { PathExt } from '@jupyterlab/coreutils';
import { isMapping, mapping, type Document } from './json';

/** One step of a field's path: a key or a position. */
export type Step = string | number;

/**
 * Split a field's path as the server writes it: `features[0].lag.periods`.
 */
export function fieldSteps(field: string): Step[] {
  const steps: Step[] = [];
  for (const match of field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    steps.push(match[1] === undefined ? (match[2] ?? '') : Number(match[1]));
  }
  return steps;
}

/**
 * Whether a data path is not relative to anything: absolute, a drive, or an address.
 */
export function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path);
}

/**
 * Say the same file from another folder.
 *
 * @param path - A path, relative to `from` unless it is absolute.
 * @param from - The folder it starts from now, relative to the server's root.
 * @param to - The folder it shall start from.
 */
export function rebasePath(path: string, from: string, to: string): string {
  if (!path || isAbsolute(path)) {
    return path;
  }
  const whole = PathExt.normalize(PathExt.join(from, path));
  return PathExt.relative(clean(to), whole);
}

function clean(folder: string): string {
  return folder === '.' ? '' : folder.replace(/^\/+|\/+$/g, '');
}

/**
 * Where a document names data files: the keys that lead to each path, and the path.
 */
export function dataPaths(spec: Document): [Step[], string][] {
  const found: [Step[], string][] = [];
  const own = mapping(spec['data'])['path'];
  if (typeof own === 'string') {
    found.push([['data', 'path'], own]);
  }
  const forms = mapping(mapping(spec['variants'])['data']);
  for (const [name, form] of Object.entries(forms)) {
    const path = isMapping(form) ? form['path'] : undefined;
    if (typeof path === 'string') {
      found.push([['variants', 'data', name, 'path'], path]);
    }
  }
  return found;
}
