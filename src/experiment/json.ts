import type { JSONObject, JSONValue } from '@lumino/coreutils';

/** A document as plain data. */
export type Document = JSONObject;

/**
 * Whether a value is a mapping.
 */
export function isMapping(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The mapping that a value is, or an empty one.
 */
export function mapping(value: unknown): JSONObject {
  return isMapping(value) ? value : {};
}

/**
 * The list that a value is, or an empty one.
 */
export function list(value: unknown): JSONValue[] {
  return Array.isArray(value) ? (value as JSONValue[]) : [];
}

/**
 * The name and the arguments of a component, written as `name` or `{name: {arguments}}`.
 */
export function component(item: unknown): [string, JSONObject] {
  if (typeof item === 'string') {
    return [item, {}];
  }
  const [name, given] = Object.entries(mapping(item))[0] ?? ['', {}];
  return [name, mapping(given)];
}
