import type { ErrorSchema } from '@rjsf/utils';
import { ApiError } from '../api';
import type { Issue } from '../wire';
import { component, list, mapping, type Document } from './json';
import { fieldSteps, type Step } from './paths';
import { methodOf, optionOf, type DrawnSchema } from './schema';

/**
 * One sentence for a mistake, with what was probably meant.
 */
export function issueText(
  issue: Issue,
  hint: (word: string) => string
): string {
  return issue.hint ? `${issue.message}; ${hint(issue.hint)}` : issue.message;
}

/**
 * The mistake that the server's answer tells, when it names a field of the document.
 */
export function issueOf(error: unknown): Issue | null {
  const field = error instanceof ApiError ? error.body.field : null;
  return field && error instanceof ApiError
    ? { line: null, field, message: error.sentence, hint: null }
    : null;
}

/**
 * The mistakes of the document, then those of other fields that a look at its data found.
 */
export function mergeIssues(
  own: readonly Issue[],
  found: Iterable<readonly Issue[]>
): Issue[] {
  const merged = [...own];
  for (const issues of found) {
    const known = new Set(merged.map(issue => issue.field));
    merged.push(...issues.filter(issue => !known.has(issue.field)));
  }
  return merged;
}

/**
 * The path of the deepest drawn field on the way to a mistake.
 *
 * @param field - The field as the server names it, such as `models[0].xgboost.max_depth[1]`.
 * @param schema - The adapted schema of the whole document.
 * @param spec - The document, which says which loader or component stands where.
 */
export function drawnPath(
  field: string,
  schema: DrawnSchema,
  spec: Document
): Step[] {
  const path: Step[] = [];
  let here: DrawnSchema | undefined = schema;
  let value: unknown = spec;
  for (const step of fieldSteps(field)) {
    here = here && below(here, value, step);
    if (!here) {
      break;
    }
    path.push(step);
    value = typeof step === 'number' ? list(value)[step] : mapping(value)[step];
  }
  return path;
}

function below(
  schema: DrawnSchema,
  value: unknown,
  step: Step
): DrawnSchema | undefined {
  const mark = schema.tsml;
  switch (mark?.field) {
    case 'components': {
      const name = component(list(value)[Number(step)])[0];
      const option = optionOf(mark.options, name);
      return option && typeof step === 'number'
        ? { properties: { [name]: option.schema } }
        : undefined;
    }
    case 'chain':
    case 'component': {
      const own = typeof step === 'number' ? list(value)[step] : value;
      const name = component(own)[0];
      const option = optionOf(mark.options, name);
      const known = option && { properties: { [name]: option.schema } };
      return typeof step === 'number' ? known : known?.properties[step];
    }
    case 'loader': {
      const loader = String(mapping(value)['loader'] ?? '');
      return optionOf(mark.options, loader)?.schema.properties?.[step];
    }
    case 'method': {
      const method = methodOf(mapping(value), mark);
      return optionOf(mark.options, method)?.schema.properties?.[step];
    }
    case 'forms':
      return mark.inner;
    case 'optional':
      return below(mark.inner, value, step);
    default:
      return schema.properties?.[step];
  }
}

/**
 * Put every mistake at its field, in the shape that RJSF shows.
 */
export function errorTree(
  issues: readonly Issue[],
  schema: DrawnSchema,
  spec: Document,
  hint: (word: string) => string
): ErrorSchema {
  const tree: Node_ = {};
  for (const issue of issues) {
    let node = tree;
    for (const step of drawnPath(issue.field, schema, spec)) {
      const children = node as Record<Step, Node_>;
      node = children[step] ??= {};
    }
    (node.__errors ??= []).push(issueText(issue, hint));
  }
  return tree as ErrorSchema;
}

type Node_ = { __errors?: string[] };

/**
 * The mistakes whose field lies in one of the given keys of the document.
 */
export function issuesIn(
  issues: readonly Issue[],
  keys: readonly string[]
): Issue[] {
  return issues.filter(issue =>
    keys.includes(String(fieldSteps(issue.field)[0] ?? ''))
  );
}
