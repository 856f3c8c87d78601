import { ApiError, type TsmlClient } from '../../api';
import type { Document } from '../json';
import type { DataPreview, ErrorBody, Issue, ValidateReply } from '../../wire';

/** The raw schema of a small document, written as pydantic writes it. */
export const RAW: Document = {
  $defs: {
    Csv: {
      type: 'object',
      properties: {
        loader: { const: 'csv' },
        path: { type: 'string', title: 'File' },
        time: { type: 'string', title: 'Time column', default: 'time' }
      },
      required: ['loader', 'path']
    },
    Sample: {
      type: 'object',
      properties: {
        loader: { const: 'sample' },
        n_days: { type: 'integer', default: 400 }
      },
      required: ['loader']
    },
    Ridge: {
      type: 'object',
      properties: {
        alpha: {
          anyOf: [
            { type: 'number' },
            { type: 'array', title: 'Choices to search' },
            { type: 'null' }
          ],
          default: 1
        }
      }
    }
  },
  type: 'object',
  properties: {
    version: { type: 'integer', default: 1 },
    name: { type: 'string' },
    data: { oneOf: [{ $ref: '#/$defs/Csv' }, { $ref: '#/$defs/Sample' }] },
    target: {
      type: 'object',
      properties: { column: { type: 'string', title: 'Column' } }
    },
    tracking: {
      type: 'object',
      properties: {
        tags: { type: 'object', additionalProperties: { type: 'string' } }
      }
    },
    models: {
      type: 'array',
      items: {
        oneOf: [
          { type: 'string' },
          {
            type: 'object',
            description: 'A line.',
            properties: { ridge: { $ref: '#/$defs/Ridge' } }
          }
        ]
      }
    }
  }
};

/** A valid document. */
export const SPEC: Document = {
  version: 1,
  name: 'first',
  data: { loader: 'csv', path: 'a.csv', time: 'day' },
  models: [{ ridge: { alpha: [0.1, 10] } }]
};

/** A mistake at a field. */
export function issueAt(field: string, message = 'is wrong'): Issue {
  return { line: null, field, message, hint: null };
}

/** An answer of the server that is not a success. */
export function refusal(status: number, body: Partial<ErrorBody>): ApiError {
  return new ApiError(status, {
    code: 'x',
    message: 'is wrong',
    field: null,
    value: null,
    mend: null,
    issues: null,
    ...body
  });
}

/** A first look at a file with these columns. */
export function previewOf(given: Partial<DataPreview>): DataPreview {
  return {
    path: 'a.csv',
    rows: 1,
    columns: [],
    time: null,
    entity: null,
    time_candidates: [],
    entity_candidates: [],
    first: null,
    last: null,
    n_entities: null,
    entities: [],
    gaps: [],
    n_gaps: 0,
    problems: [],
    findings: [],
    checked_rows: 1,
    head: [],
    ...given
  };
}

/** The part of the server that a draft talks to; each answer can be replaced. */
export class Server {
  /** What was asked to be checked, in order. */
  readonly checked: { yaml?: string | null; spec?: unknown }[] = [];

  /** How a document is judged. */
  judge = (asked: { yaml?: string | null; spec?: unknown }): ValidateReply => ({
    valid: true,
    issues: [],
    yaml: asked.spec
      ? `name: ${String((asked.spec as Document)['name'])}\n`
      : null,
    spec: asked.yaml ? { ...SPEC, name: asked.yaml.trim() } : null
  });

  /** Stands for the client. */
  get client(): TsmlClient {
    return this as unknown as TsmlClient;
  }

  schema(): Promise<unknown> {
    return Promise.resolve({
      schema: RAW,
      default_spec: SPEC,
      default_yaml: 'name: first\n'
    });
  }

  validate(asked: { yaml?: string; spec?: unknown }): Promise<ValidateReply> {
    this.checked.push(asked);
    return Promise.resolve(this.judge(asked));
  }

  preview = (_: Record<string, unknown>): Promise<DataPreview> =>
    Promise.resolve(previewOf({}));

  folds = (_: unknown): Promise<unknown> => Promise.resolve({ folds: [] });
}
