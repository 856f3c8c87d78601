import type { Comparison, ComparisonRow } from '../wire';
import { columnsOf, differing, type IColumn } from './table';

/** How far below the lowest value a run without one stands, as a share of the axis. */
const ROOM = 0.2;

/**
 * One axis of the parallel coordinates.
 */
export interface IAxis {
  readonly column: IColumn;
  readonly type: 'value' | 'log' | 'category';
  readonly categories: string[];
  readonly deciding: boolean;
  /** Where runs without a value stand: below the lowest value; null when all have one. */
  readonly none: number | null;
}

/**
 * One run as a line through all axes; a category is given by its position.
 */
export interface IParallelLine {
  readonly runId: string;
  readonly label: string;
  readonly values: (number | null)[];
}

/**
 * The axes: what differs between the runs, then the scores, the deciding one last.
 */
export function axesOf(comparison: Comparison): IAxis[] {
  const columns = columnsOf(comparison);
  const deciding = `cv:${comparison.metric}`;
  const decides = columns.find(column => column.id === deciding);
  const rows = comparison.rows.filter(
    row => decides !== undefined && decides.value(row) !== null
  );
  const different = differing(columns, rows);
  const causes = columns.filter(
    column =>
      (['variant', 'param'].includes(column.group) || column.id === 'model') &&
      different.has(column.id)
  );
  const scores = columns.filter(
    column =>
      column.group === 'cv' &&
      column.id !== deciding &&
      rows.some(row => column.value(row) !== null)
  );
  const last = columns.filter(
    column =>
      column.id === `test:${comparison.metric}` || column.id === deciding
  );
  return [...causes, ...scores, ...last.reverse()].map(column =>
    axisOf(column, rows, column.id === deciding)
  );
}

/**
 * The runs that have the deciding score, as lines through the axes.
 */
export function parallelLines(
  comparison: Comparison,
  axes: readonly IAxis[]
): IParallelLine[] {
  const deciding = axes.find(axis => axis.deciding);
  return comparison.rows
    .filter(row => deciding && deciding.column.value(row) !== null)
    .map(row => ({
      runId: row.run.run_id,
      label: row.label,
      values: axes.map(axis => position(axis, row))
    }));
}

function axisOf(
  column: IColumn,
  rows: readonly ComparisonRow[],
  deciding: boolean
): IAxis {
  const values = rows.map(row => column.value(row));
  const numbers = values.filter(value => typeof value === 'number');
  if (column.numeric && numbers.length > 0) {
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    const type = low > 0 && high / low >= 100 ? 'log' : 'value';
    const below =
      type === 'log'
        ? low / (high / low) ** ROOM
        : low - ROOM * (high - low || Math.abs(low) || 1);
    const none = numbers.length < values.length ? below : null;
    return { column, type, categories: [], deciding, none };
  }
  const texts = rows.map(row => column.text(row) || '–');
  const categories = [...new Set(texts)].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true })
  );
  return { column, type: 'category', categories, deciding, none: null };
}

function position(axis: IAxis, row: ComparisonRow): number | null {
  if (axis.type === 'category') {
    return axis.categories.indexOf(axis.column.text(row) || '–');
  }
  const value = axis.column.value(row);
  return typeof value === 'number' ? value : axis.none;
}
