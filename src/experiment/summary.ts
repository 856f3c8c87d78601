import { JSONExt, type JSONValue } from '@lumino/coreutils';
import { component, isMapping, list, mapping, type Document } from './json';
import { methodOf, optionOf, type DrawnSchema, type Mark } from './schema';
import { formatSearchable } from './searchable';

const BETWEEN = ' · ';

/** The keys whose value does not tell what it is about. */
const NAMED: ReadonlySet<string> = new Set([
  'audit',
  'weights',
  'intervals',
  'search'
]);

/**
 * One line for a part of the document, as a folded card shows it; values that are by default stay out.
 *
 * @param keys - The keys of the document that the card edits.
 */
export function summarise(
  keys: readonly string[],
  spec: Document,
  schema: DrawnSchema
): string {
  return keys
    .filter(key => !isDefault(spec[key] ?? null, schema.properties?.[key]))
    .map(key => {
      const text = part(spec[key], schema.properties?.[key]);
      const there = text || isMapping(spec[key]); // on, and all by default
      return there && NAMED.has(key) ? words(key, text) : text;
    })
    .filter(Boolean)
    .join(BETWEEN);
}

function part(value: unknown, schema: DrawnSchema | undefined): string {
  const mark = schema?.tsml;
  if (isComponents(mark)) {
    return items(value)
      .map(item => {
        const [name, given] = component(item);
        const own = optionOf(mark.options, name)?.schema;
        return words(name, properties(given, own));
      })
      .join(BETWEEN);
  }
  if (mark?.field === 'loader') {
    const { loader, path, ...rest } = mapping(value);
    const own = optionOf(mark.options, String(loader))?.schema;
    const given = path === undefined ? rest : { path, ...rest };
    return words(String(loader ?? ''), properties(given, own));
  }
  if (mark?.field === 'method' && isMapping(value)) {
    const method = methodOf(value, mark);
    const own = optionOf(mark.options, method)?.schema;
    const named = method === mark.fallback ? '' : method;
    return words(named, properties(value, own));
  }
  if (mark?.field === 'optional' && isMapping(value)) {
    return part(value, mark.inner);
  }
  if (isMapping(value) && schema?.properties) {
    return properties(value, schema);
  }
  return shown(value);
}

type Components = Extract<
  Mark,
  { field: 'components' | 'component' | 'chain' }
>;

function isComponents(mark: Mark | undefined): mark is Components {
  return ['components', 'component', 'chain'].includes(mark?.field ?? '');
}

/** A list as it is, one component as a list of it, nothing as an empty one. */
function items(value: unknown): JSONValue[] {
  if (Array.isArray(value)) {
    return list(value);
  }
  const one = typeof value === 'string' || isMapping(value) ? value : null;
  return one === null ? [] : [one];
}

function properties(value: Document, schema: DrawnSchema | undefined): string {
  const found: string[] = [];
  for (const [name, one] of Object.entries(value)) {
    const own = schema?.properties?.[name];
    if (one === null || one === undefined || isDefault(one, own)) {
      continue;
    }
    const named = typeof one === 'number' || own?.tsml?.field === 'searchable';
    const text = typeof one === 'boolean' ? yesOrNo(name, one) : part(one, own);
    if (text) {
      found.push(named ? `${name} ${text}` : text);
    }
  }
  return found.join(' ');
}

/** A switch by its name, which says more than true. */
function yesOrNo(name: string, on: boolean): string {
  return on ? name : `${name} off`;
}

function isDefault(value: JSONValue, schema: DrawnSchema | undefined): boolean {
  if (schema?.tsml?.field === 'hidden') {
    return true;
  }
  const known = schema?.tsmlDefault;
  return known !== undefined && JSONExt.deepEqual(value, known);
}

function shown(value: unknown): string {
  if (isMapping(value)) {
    const choices = mapping(value['choose']);
    const names = Object.keys('choose' in value ? choices : value);
    const range = names.length === 1 && Array.isArray(value[names[0] ?? '']);
    return range && names[0]?.match(/int|uniform/)
      ? formatSearchable(value)
      : names.join(', ');
  }
  return value === undefined || value === null
    ? ''
    : list(value).length
      ? list(value).map(String).join(', ')
      : Array.isArray(value)
        ? ''
        : String(value);
}

function words(...parts: string[]): string {
  return parts.filter(Boolean).join(' ');
}

/**
 * A copy of the document without values that are null or by default.
 */
export function concise(spec: Document, schema: DrawnSchema): Document {
  const kept: Document = {};
  for (const [name, value] of Object.entries(spec)) {
    const own = schema.properties?.[name];
    if (
      value === null ||
      (own && name !== 'version' && isDefault(value, own))
    ) {
      continue;
    }
    const slim = slimmed(value, own);
    const whole = ['mapping', 'method'];
    const droppable = own?.properties ?? whole.includes(own?.tsml?.field ?? '');
    if (!(droppable && isMapping(slim) && !Object.keys(slim).length)) {
      kept[name] = slim;
    }
  }
  return kept;
}

function slimmed(value: JSONValue, schema?: DrawnSchema): JSONValue {
  const mark = schema?.tsml;
  if (isComponents(mark)) {
    const slim = (item: JSONValue): JSONValue => {
      const [name, given] = component(item);
      const own = optionOf(mark.options, name)?.schema;
      const kept = own ? concise(given, own) : given;
      return Object.keys(kept).length ? { [name]: kept } : name;
    };
    return Array.isArray(value) ? list(value).map(slim) : slim(value);
  }
  if (mark?.field === 'loader') {
    const { loader, ...rest } = mapping(value);
    const own = optionOf(mark.options, String(loader))?.schema;
    return { loader: loader ?? null, ...(own ? concise(rest, own) : rest) };
  }
  if (mark?.field === 'method' && isMapping(value)) {
    const method = methodOf(value, mark);
    const own = optionOf(mark.options, method)?.schema;
    const slim = own ? concise(value, own) : value;
    return method === mark.fallback ? slim : { method, ...slim };
  }
  if (mark?.field === 'optional' && isMapping(value)) {
    return slimmed(value, mark.inner);
  }
  if (mark?.field === 'forms' && isMapping(value)) {
    const forms = Object.entries(value).map(([name, form]) => [
      name,
      slimmed(form ?? null, mark.inner)
    ]);
    return Object.fromEntries(forms) as Document;
  }
  return isMapping(value) && schema?.properties
    ? concise(value, schema)
    : value;
}
