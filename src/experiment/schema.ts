import type {
  JSONObject,
  JSONValue,
  ReadonlyJSONObject
} from '@lumino/coreutils';
import type { RJSFSchema, UiSchema } from '@rjsf/utils';
import { isStage } from './cards';
import { list, mapping } from './json';
import type { Kind } from './searchable';

/** One component that a stage offers, or one loader of the data. */
export interface IOption {
  /** Its name in the document. */
  name: string;
  /** What it is, in one sentence. */
  description: string;
  /** Its arguments, adapted. */
  schema: DrawnSchema;
}

/** How a value is drawn where one of RJSF's own fields would not do. */
export type Mark =
  | { field: 'searchable'; kind: Kind }
  | { field: 'numbers' }
  | { field: 'loose'; words: string[] }
  | { field: 'column' }
  | { field: 'texts'; columns: boolean }
  | { field: 'choices'; values: string[] }
  | { field: 'file' }
  | { field: 'loader'; options: IOption[] }
  | { field: 'method'; options: IOption[]; fallback: string }
  | { field: 'components'; options: IOption[] }
  | { field: 'component'; options: IOption[] }
  | { field: 'chain'; options: IOption[] }
  | { field: 'mapping'; texts: boolean }
  | { field: 'optional'; inner: DrawnSchema }
  | { field: 'forms'; inner: DrawnSchema }
  | { field: 'hidden' };

/** A schema without references and alternatives, ready to be drawn. */
export type DrawnSchema = Omit<RJSFSchema, 'properties'> & {
  properties?: Record<string, DrawnSchema>;
  /** How it is drawn. */
  tsml?: Mark;
  /** The value that holds when nothing is given. */
  tsmlDefault?: JSONValue;
};

/**
 * Adapt the raw schema of a document to what is drawn: references are resolved, `T | None` is a T,
 * and every other alternative becomes one marked field.
 */
export function adaptSchema(raw: JSONObject): DrawnSchema {
  const drawn = new Adapter(mapping(raw['$defs'])).adapt(raw, '');
  const properties = Object.entries(drawn.properties ?? {}).map(
    ([name, part]): [string, DrawnSchema] => {
      // A stage is only absent when it has variants, so it needs no switch of its own.
      return part.tsml?.field === 'optional' && isStage(name)
        ? [name, { ...part.tsml.inner, title: part.title }]
        : [name, part];
    }
  );
  return { ...drawn, properties: Object.fromEntries(properties) };
}

/**
 * What RJSF needs to know beside the schema: which field draws a value, and its default as placeholder.
 */
export function uiSchemaOf(schema: DrawnSchema): UiSchema<ReadonlyJSONObject> {
  if (schema.tsml) {
    const hidden = schema.tsml.field === 'hidden';
    return hidden
      ? { 'ui:widget': 'hidden', 'ui:field': 'hidden' }
      : { 'ui:field': schema.tsml.field };
  }
  const ui: UiSchema<ReadonlyJSONObject> = {};
  if (schema.properties && 'path' in schema.properties) {
    ui['ui:order'] = ['path', '*'];
  }
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    ui[name] = uiSchemaOf(part);
  }
  if (!schema.properties && typeof schema.tsmlDefault !== 'object') {
    ui['ui:placeholder'] =
      schema.tsmlDefault === undefined ? '' : String(schema.tsmlDefault);
  }
  return ui;
}

/** What the form does not draw, because settings beside it say the same. */
const SHORT_FORM = 'Short form';

class Adapter {
  constructor(private readonly definitions: JSONObject) {}

  adapt(given: JSONObject, name: string): DrawnSchema {
    const raw = this.resolve(given);
    const told = told_(raw);
    const options = list(raw['anyOf'] ?? raw['oneOf']).map(option =>
      this.resolve(mapping(option))
    );
    if (options.length) {
      return { ...this.alternative(raw, options, name), ...told };
    }
    return { ...this.plain(raw, name), ...told };
  }

  private resolve(raw: JSONObject): JSONObject {
    const reference = raw['$ref'];
    if (typeof reference !== 'string') {
      return raw;
    }
    const { $ref: _, ...beside } = raw;
    const key = reference.split('/').pop() ?? '';
    return { ...this.resolve(mapping(this.definitions[key])), ...beside };
  }

  private alternative(
    raw: JSONObject,
    options: JSONObject[],
    name: string
  ): DrawnSchema {
    if (options.some(option => option['title'] === 'Choices to search')) {
      const kind = String(options[0]?.['type'] ?? 'string') as Kind;
      return { tsml: { field: 'searchable', kind } };
    }
    if (options.some(option => option['title'] === 'Range')) {
      return { tsml: { field: 'numbers' } };
    }
    if (options.every(option => 'loader' in mapping(option['properties']))) {
      const loaders = options.map(option => this.loader(option));
      return { tsml: { field: 'loader', options: loaders } };
    }
    if (options.every(option => constantOf(option, 'method') !== undefined)) {
      return this.methods(options);
    }
    const parts = options.filter(isComponent);
    if (parts.length > 1) {
      const field = options.some(option => option['type'] === 'array')
        ? 'chain'
        : 'component';
      const known = parts.map(option => this.component(option));
      return { tsml: { field, options: known } };
    }
    const real = options.filter(
      option => option['type'] !== 'null' && option['title'] !== SHORT_FORM
    );
    const only = real[0];
    if (real.length === 1 && only && 'const' in only) {
      const { const: word, ...rest } = only;
      return { ...rest, enum: [String(word)] };
    }
    if (real.length === 1 && only) {
      const inner = this.adapt({ ...only, ...told_(raw) }, name);
      const object = only['properties'] ?? only['oneOf'];
      const optional = object && options.length > 1;
      return optional ? { tsml: { field: 'optional', inner } } : inner;
    }
    const objects = real.find(option => option['type'] === 'object');
    if (objects) {
      return this.adapt(objects, name);
    }
    const words = real.flatMap(option => option['const'] ?? []).map(String);
    return { tsml: { field: 'loose', words } };
  }

  private plain(raw: JSONObject, name: string): DrawnSchema {
    const title = typeof raw['title'] === 'string' ? raw['title'] : '';
    if ('const' in raw) {
      return { tsml: { field: 'hidden' } };
    }
    if (raw['type'] === 'array') {
      return this.array(raw, title);
    }
    if (raw['type'] === 'object') {
      return this.object(raw);
    }
    if (name === 'path') {
      return { type: 'string', tsml: { field: 'file' } };
    }
    if (raw['type'] === 'string' && !raw['enum'] && /\bcolumn$/i.test(title)) {
      return { type: 'string', tsml: { field: 'column' } };
    }
    const { default: _, ...rest } = raw;
    return rest;
  }

  private array(raw: JSONObject, title: string): DrawnSchema {
    const items = this.resolve(mapping(raw['items']));
    if (items['oneOf']) {
      const options = list(items['oneOf'])
        .map(option => mapping(option))
        .filter(option => option['properties'])
        .map(option => this.component(option));
      return { tsml: { field: 'components', options } };
    }
    if (items['enum']) {
      const values = list(items['enum']).map(String);
      return { tsml: { field: 'choices', values } };
    }
    if (items['type'] === 'integer') {
      return { tsml: { field: 'numbers' } };
    }
    return { tsml: { field: 'texts', columns: /columns$/i.test(title) } };
  }

  private object(raw: JSONObject): DrawnSchema {
    const properties = mapping(raw['properties']);
    const values = raw['additionalProperties'];
    if (!Object.keys(properties).length && values !== false) {
      const inner = this.resolve(mapping(values));
      const structured = ['properties', 'items', 'oneOf', 'anyOf'];
      if (structured.some(key => key in inner)) {
        return { tsml: { field: 'forms', inner: this.adapt(inner, '') } };
      }
      const texts = inner['type'] === 'string';
      return { tsml: { field: 'mapping', texts } };
    }
    const drawn: Record<string, DrawnSchema> = {};
    for (const [name, part] of Object.entries(properties)) {
      if (mapping(part)['x-hidden'] !== true) {
        drawn[name] = this.adapt(mapping(part), name);
      }
    }
    const required = list(raw['required']).map(String);
    return { type: 'object', properties: drawn, required };
  }

  private component(option: JSONObject): IOption {
    const [name, given] = Object.entries(mapping(option['properties']))[0] ?? [
      '',
      {}
    ];
    const {
      title: _,
      description: __,
      ...schema
    } = this.adapt(mapping(given), name);
    return {
      name,
      description: String(option['description'] ?? '').replaceAll('`', ''),
      schema
    };
  }

  private loader(option: JSONObject): IOption {
    return this.told(option, String(constantOf(option, 'loader') ?? ''));
  }

  /** Alternatives that a method tells apart; the one that may leave it out is the default. */
  private methods(options: JSONObject[]): DrawnSchema {
    const names = options.map(option => String(constantOf(option, 'method')));
    const free = options.findIndex(
      option => !list(option['required']).includes('method')
    );
    const known = options.map((option, at) =>
      this.told(option, names[at] ?? '')
    );
    const fallback = names[free] ?? names[0] ?? '';
    return { tsml: { field: 'method', options: known, fallback } };
  }

  private told(option: JSONObject, name: string): IOption {
    const { title: _, description, ...schema } = this.adapt(option, '');
    return { name, description: String(description ?? ''), schema };
  }
}

/** Whether an alternative is a component: one key, which is its name, with its arguments. */
function isComponent(option: JSONObject): boolean {
  const names = Object.keys(mapping(option['properties']));
  const asked = list(option['required']);
  return (
    option['additionalProperties'] === false &&
    names.length === 1 &&
    asked.length === 1 &&
    asked[0] === names[0] &&
    option['title'] === names[0]
  );
}

/** The one value that a key of an object may have. */
function constantOf(option: JSONObject, key: string): JSONValue | undefined {
  return mapping(mapping(option['properties'])[key])['const'];
}

/** What a schema says about itself to people. */
function told_(raw: JSONObject): DrawnSchema {
  const told: DrawnSchema = {};
  for (const key of ['title', 'description'] as const) {
    const text = raw[key];
    if (typeof text === 'string') {
      told[key] = text.replaceAll('`', '');
    }
  }
  if ('default' in raw) {
    told.tsmlDefault = raw['default'];
  }
  return told;
}

/**
 * The method that a value names, or the one that holds where it names none.
 */
export function methodOf(
  value: JSONObject,
  mark: Extract<Mark, { field: 'method' }>
): string {
  const given = value['method'];
  return typeof given === 'string' ? given : mark.fallback;
}

/**
 * The option of that name.
 */
export function optionOf(
  options: readonly IOption[],
  name: string
): IOption | undefined {
  return options.find(option => option.name === name);
}
