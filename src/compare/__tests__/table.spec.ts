import {
  bestBaseline,
  columnsOf,
  differing,
  filterRows,
  sortRows,
  visibleColumns,
  type IColumn
} from '../table';
import { comparisonOf, rowOf } from './sample';

const rows = [
  rowOf('b', [3, 5], { alpha: 10, solver: 'auto' }),
  rowOf('a', [1, 3], { alpha: 2, solver: 'auto' }),
  rowOf('none', [], { alpha: 0.5, solver: 'auto' })
];
const columns = columnsOf(comparisonOf(rows));
const named = (id: string): IColumn => {
  const found = columns.find(column => column.id === id);
  if (!found) {
    throw new Error(`no column ${id}`);
  }
  return found;
};
const ids = (list: typeof rows): string[] => list.map(row => row.run.run_id);

describe('sorting', () => {
  it('puts the smallest first, and the largest when descending', () => {
    expect(ids(sortRows(rows, named('cv:mae'), false))).toEqual([
      'a',
      'b',
      'none'
    ]);
    expect(ids(sortRows(rows, named('param:alpha'), true))).toEqual([
      'b',
      'a',
      'none'
    ]);
  });

  it('keeps rows without a value last either way', () => {
    expect(ids(sortRows(rows, named('cv:mae'), true))).toEqual([
      'b',
      'a',
      'none'
    ]);
  });

  it('keeps the order of ties and leaves its input alone', () => {
    const before = ids(rows);
    expect(ids(sortRows(rows, named('param:solver'), false))).toEqual(before);
    expect(ids(sortRows(rows, named('param:solver'), true))).toEqual(before);
    sortRows(rows, named('cv:mae'), false);
    expect(ids(rows)).toEqual(before);
  });

  it('sorts texts with numbers in them by the numbers', () => {
    const list = [10, 9].map(n =>
      rowOf(`n${n}`, [1], { depth: `${n} levels` })
    );
    const depth = columnsOf(comparisonOf(list)).find(
      c => c.id === 'param:depth'
    );
    expect(ids(sortRows(list, depth, false))).toEqual(['n9', 'n10']);
  });

  it('puts a run whose audit failed behind those that can be believed, by a score only', () => {
    const leaky = rowOf('leaky', [0.1], { alpha: 7 });
    const all = [
      ...rows,
      { ...leaky, run: { ...leaky.run, audit: 'failed' as const } }
    ];
    const behind = ['a', 'b', 'leaky', 'none'];
    expect(ids(sortRows(all, named('cv:mae'), false))).toEqual(behind);
    expect(ids(sortRows(all, named('test:mae'), false))).toEqual(behind);
    expect(ids(sortRows(all, named('cv:mae'), true))).toEqual([
      'b',
      'a',
      'leaky',
      'none'
    ]);
    expect(ids(sortRows(all, named('param:alpha'), true))).toEqual([
      'b',
      'leaky',
      'a',
      'none'
    ]);
  });

  it('sorts without a column into the given order', () => {
    expect(ids(sortRows(rows, undefined, true))).toEqual(ids(rows));
  });
});

describe('only what differs', () => {
  it('finds the columns whose text is not the same everywhere', () => {
    const found = differing(columns, rows);
    expect(found.has('param:alpha')).toBe(true);
    expect(found.has('param:solver')).toBe(false);
  });

  it('hides equal parameters and keeps scores', () => {
    const same = [
      rowOf('a', [1], { alpha: 1, l1: 2 }),
      rowOf('b', [1], { alpha: 1, l1: 3 })
    ];
    const all = columnsOf(comparisonOf(same));
    const chosen = new Set(all.map(column => column.id));
    const shown = visibleColumns(all, same, chosen, true).map(
      column => column.id
    );
    expect(shown).toContain('cv:mae');
    expect(shown).toContain('param:l1');
    expect(shown).not.toContain('param:alpha');
    expect(visibleColumns(all, same, chosen, false).map(c => c.id)).toContain(
      'param:alpha'
    );
  });

  it('hides nothing of a single run, which differs from nothing', () => {
    const one = [rowOf('a', [1], { alpha: 1 })];
    const all = columnsOf(comparisonOf(one));
    const shown = visibleColumns(all, one, new Set(['param:alpha']), true);
    expect(shown.map(column => column.id)).toEqual(['param:alpha']);
  });
});

describe('filter', () => {
  it('asks for every word, in names, parameters and models', () => {
    expect(ids(filterRows(rows, columns, 'alpha=2'))).toEqual(['a']);
    expect(ids(filterRows(rows, columns, 'RIDGE alpha=10'))).toEqual(['b']);
    expect(ids(filterRows(rows, columns, 'ridge xgboost'))).toEqual([]);
    expect(ids(filterRows(rows, columns, '  '))).toEqual(ids(rows));
  });
});

describe('best', () => {
  it('takes the baseline that is hardest to beat', () => {
    const row = rowOf(
      'a',
      [1],
      {},
      { baselines: { last: { mae: 7 }, mean: { mae: 5 }, other: {} } }
    );
    expect(bestBaseline(row, 'mae', false)).toEqual(['mean', 5]);
    expect(bestBaseline(row, 'mae', true)).toEqual(['last', 7]);
    expect(bestBaseline(row, 'r2', false)).toBeNull();
  });
});

describe('columns', () => {
  it('write the mean with the deviation over the folds', () => {
    expect(named('cv:mae').text(rows[1]!)).toBe('2.000 ± 1.000');
    expect(named('cv:mae').text(rows[2]!)).toBe('–');
  });
});
