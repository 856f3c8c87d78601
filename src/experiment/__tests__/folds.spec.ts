import type { TranslationBundle } from '@jupyterlab/translation';
import { rowsOf } from '../form/foldRows';
import { drawnPath } from '../issues';
import { adaptSchema, type Mark } from '../schema';
import { concise, summarise } from '../summary';
import type { FoldPicture, FoldSpan } from '../../wire';
import type { Document } from '../json';

const trans = {
  __: (text: string, value: unknown) => text.replace('%1', String(value))
} as unknown as TranslationBundle;

/** Two methods as pydantic writes them; the first may leave its name out. */
const WALK: Document = {
  type: 'object',
  description: 'Past, then future.',
  properties: {
    method: { const: 'walk_forward', title: 'Method', type: 'string' },
    folds: { type: 'integer', title: 'Folds', default: 5 }
  }
};
const PURGED: Document = {
  type: 'object',
  description: 'Both sides.',
  properties: {
    method: { const: 'purged_k_fold', title: 'Method', type: 'string' },
    folds: { type: 'integer', title: 'Folds', default: 5 },
    embargo: { type: 'integer', title: 'Embargo', default: 0 }
  },
  required: ['method']
};
const methods = { oneOf: [WALK, PURGED], title: 'Validation' };
const schema = adaptSchema({
  type: 'object',
  properties: {
    split: {
      type: 'object',
      title: 'Split',
      properties: {
        test: { type: 'number', default: 0.15 },
        cv: methods,
        inner: { anyOf: [methods, { type: 'null' }], title: 'Inner' },
        later: { type: 'number', 'x-hidden': true }
      }
    }
  }
});
const parts = schema.properties?.split?.properties;

describe('a part that a method tells apart', () => {
  it('has one option a method, and the one that may go unnamed is the default', () => {
    const mark = parts?.cv?.tsml as Extract<Mark, { field: 'method' }>;
    expect(mark.field).toBe('method');
    expect(mark.fallback).toBe('walk_forward');
    expect(mark.options.map(option => option.name)).toEqual([
      'walk_forward',
      'purged_k_fold'
    ]);
  });

  it('is left out where the schema hides it', () => {
    expect(Object.keys(parts ?? {})).toEqual(['test', 'cv', 'inner']);
  });

  it('has a switch where it may be absent', () => {
    expect(parts?.inner?.tsml?.field).toBe('optional');
  });

  it('is summarised without what is by default, and loses nothing else', () => {
    const walk = { split: { cv: { method: 'walk_forward', folds: 3 } } };
    expect(summarise(['split'], walk, schema)).toBe('folds 3');
    expect(concise(walk, schema)).toEqual({ split: { cv: { folds: 3 } } });
    const purged = {
      split: {
        cv: { method: 'purged_k_fold', folds: 5, embargo: 2 },
        inner: { method: 'purged_k_fold', folds: 5, embargo: 0 }
      }
    };
    expect(summarise(['split'], purged, schema)).toBe(
      'purged_k_fold embargo 2 purged_k_fold'
    );
    expect(concise(purged, schema)).toEqual({
      split: {
        cv: { method: 'purged_k_fold', embargo: 2 },
        inner: { method: 'purged_k_fold' }
      }
    });
    const plain = { split: { cv: { method: 'walk_forward', folds: 5 } } };
    expect(concise(plain, schema)).toEqual({});
  });

  it('shows a mistake at the field of its method', () => {
    const spec = { split: { cv: { method: 'purged_k_fold' }, inner: {} } };
    const path = (field: string): unknown => drawnPath(field, schema, spec);
    expect(path('split.cv.embargo')).toEqual(['split', 'cv', 'embargo']);
    expect(path('split.inner.folds')).toEqual(['split', 'inner', 'folds']);
    expect(path('split.inner.embargo')).toEqual(['split', 'inner']);
  });
});

describe('the picture of the folds', () => {
  const span = (kind: string, start: number, path?: number): FoldSpan => ({
    kind,
    first: '2024-01-01T00:00:00',
    last: '2024-01-02T00:00:00',
    start,
    steps: 2,
    path: path ?? null
  });
  const picture: FoldPicture = {
    first: '2024-01-01T00:00:00',
    last: '2024-01-09T00:00:00',
    steps: 9,
    method: 'combinatorial_purged',
    folds: [
      [span('test', 0, 1), span('test', 2, 1), span('train', 4)],
      [span('test', 0, 2), span('train', 2), span('test', 4, 1)],
      [span('train', 0), span('test', 2, 2), span('test', 4, 2)]
    ],
    test: [span('test', 7)],
    n_paths: 2,
    notes: ['', 'tests 1 of 2 entities: A', ''],
    inner: []
  };

  it('has a row a fold, the final test, and a row a path', () => {
    const rows = rowsOf(picture, trans);
    expect(rows.map(row => row.name)).toEqual([
      'Fold 1',
      'Fold 2',
      'Fold 3',
      'Final',
      'Path 1',
      'Path 2'
    ]);
    expect(rows[1]?.note).toBe('tests 1 of 2 entities: A');
  });

  it('says in every path which fold predicts which part', () => {
    const paths = rowsOf(picture, trans).slice(4);
    const parts = paths.map(row =>
      row.spans.map(({ start, by }) => [start, by])
    );
    expect(parts).toEqual([
      [
        [0, 'fold 1'],
        [2, 'fold 1'],
        [4, 'fold 2']
      ],
      [
        [0, 'fold 2'],
        [2, 'fold 3'],
        [4, 'fold 3']
      ]
    ]);
    expect(paths[0]?.spans.map(one => one.shade)).toEqual([0, 1, 0]);
  });

  it('shows the folds inside the last one', () => {
    const nested = { ...picture, n_paths: 1, inner: [[span('train', 0)]] };
    const names = rowsOf(nested, trans).map(row => row.name);
    expect(names).toEqual(['Fold 1', 'Fold 2', 'Fold 3', 'Inner 1', 'Final']);
  });
});
