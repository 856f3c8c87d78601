/**
 * A value to search as one line of text: `3`, `3, 4, 5`, `0.001 .. 10 log`, or the JSON of
 * a choice whose values bring arguments of their own.
 */

import type { JSONObject } from '@lumino/coreutils';
import { isMapping } from './json';

/** What one value of a searchable argument is. */
export type Kind = 'integer' | 'number' | 'string' | 'boolean';

/** One value. */
export type Scalar = number | string | boolean | null;

/** A value, a list of choices, a range such as `{log_uniform: [0.001, 10]}`, or a choice. */
export type Searchable = Scalar | Scalar[] | JSONObject;

/** The range names of a kind: the plain one, then the logarithmic one. */
const RANGES: Partial<Record<Kind, readonly [string, string]>> = {
  integer: ['int', 'log_int'],
  number: ['uniform', 'log_uniform']
};
const LOGARITHMIC = new Set(['log_int', 'log_uniform']);
const RANGE = /^(\S+)\s*\.\.\s*(\S+?)(\s+log)?$/i;

/**
 * Read a searchable value.
 *
 * @param text - What stands in the field.
 * @param kind - What one value is.
 * @returns The value, or undefined for an empty field. A text that is no value of the kind
 *   comes back as it is, so that the server can say at the field what is wrong with it.
 */
export function parseSearchable(
  text: string,
  kind: Kind
): Searchable | undefined {
  const trimmed = text.trim();
  if (!trimmed) {
    return undefined;
  }
  const choice = trimmed.startsWith('{') ? parseChoice(trimmed) : undefined;
  if (choice) {
    return choice;
  }
  const names = RANGES[kind];
  const range = names ? RANGE.exec(trimmed) : null;
  if (names && range) {
    const low = Number(range[1]);
    const high = Number(range[2]);
    if (Number.isFinite(low) && Number.isFinite(high)) {
      return { [names[range[3] ? 1 : 0]]: [low, high] };
    }
  }
  if (trimmed.includes(',')) {
    const parts = trimmed.split(',').map(part => part.trim());
    return parts.filter(Boolean).map(part => parseScalar(part, kind));
  }
  return parseScalar(trimmed, kind);
}

/** A mapping in JSON; half-typed text is none yet. */
function parseChoice(text: string): JSONObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Write a searchable value as the text that reads back to it.
 */
export function formatSearchable(value: unknown): string {
  if (value === undefined) {
    return '';
  }
  if (Array.isArray(value)) {
    const parts = value.map(item => formatScalar(item));
    return parts.length === 1 ? `${parts[0]},` : parts.join(', ');
  }
  if (typeof value === 'object' && value !== null) {
    const [name, bounds] = Object.entries(value)[0] ?? [];
    if (name && Array.isArray(bounds) && bounds.length === 2) {
      const suffix = LOGARITHMIC.has(name) ? ' log' : '';
      return `${String(bounds[0])} .. ${String(bounds[1])}${suffix}`;
    }
    return JSON.stringify(value);
  }
  return formatScalar(value);
}

/**
 * Read whole numbers: `1, 2, 5` and stretches such as `1 .. 5`, both ends included.
 *
 * @returns The numbers, or undefined for an empty field; a part that is none stays a text.
 */
export function parseWholeNumbers(
  text: string
): (number | string)[] | undefined {
  const parts = text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean);
  return parts.length ? parts.flatMap(part => stretch(part)) : undefined;
}

/** At most so many numbers from one stretch; more stays text, and the server refuses it. */
const STRETCH_LIMIT = 1000;

function stretch(part: string): (number | string)[] {
  const ends = /^(\d+)\s*\.\.\s*(\d+)$/.exec(part);
  if (!ends) {
    return [/^-?\d+$/.test(part) ? Number(part) : part];
  }
  const first = Number(ends[1]);
  const length = Number(ends[2]) - first + 1;
  if (length < 1 || length > STRETCH_LIMIT) {
    return [part];
  }
  return Array.from({ length }, (_, position) => first + position);
}

/**
 * Read a value that is a number or a word, such as `expanding`, `250`, `0.15`, `2017-01-03`.
 */
export function parseLoose(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (!trimmed) {
    return undefined;
  }
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

function parseScalar(text: string, kind: Kind): Scalar {
  if (/^(none|null)$/i.test(text)) {
    return null;
  }
  if (kind === 'boolean' && /^(true|false)$/i.test(text)) {
    return text.toLowerCase() === 'true';
  }
  if (kind === 'number' || kind === 'integer') {
    const number = Number(text);
    return Number.isFinite(number) ? number : text;
  }
  return text;
}

function formatScalar(value: unknown): string {
  return value === null ? 'none' : String(value);
}
