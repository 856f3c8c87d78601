import type { WorkerLine } from '../wire';

/**
 * The names of workers in the rows that they keep: whoever is still there stays where he was, others take the rows that are free.
 *
 * @param before - The rows as they were.
 * @param names - Who is there now.
 */
export function keepRows(
  before: readonly string[],
  names: readonly string[]
): string[] {
  const known = new Set(before);
  const there = new Set(names);
  const fresh = names
    .filter(name => !known.has(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const rows = before.map(name => (there.has(name) ? name : fresh.shift()));
  return [...rows, ...fresh].filter(name => name !== undefined);
}

/**
 * The workers in the order of their rows.
 */
export function inRows(
  rows: readonly string[],
  workers: readonly WorkerLine[]
): WorkerLine[] {
  const byName = new Map(workers.map(line => [line.name, line]));
  return rows.flatMap(name => byName.get(name) ?? []);
}
