import type { Comparison, ComparisonRow } from '../wire';
import { columnsOf, differing, type IColumn } from './table';

/**
 * One axis of the parallel coordinates.
 */
export interface IAxis {
  readonly column: IColumn;
  readonly type: 'value' | 'log' | 'category';
  readonly categories: string[];
  readonly deciding: boolean;
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
  const different = differing(columns, comparison.rows);
  const causes = columns.filter(
    column =>
      (['variant', 'param'].includes(column.group) || column.id === 'model') &&
      different.has(column.id)
  );
  const deciding = `cv:${comparison.metric}`;
  const scores = columns.filter(
    column =>
      column.group === 'cv' &&
      column.id !== deciding &&
      comparison.rows.some(row => column.value(row) !== null)
  );
  const last = columns.filter(
    column =>
      column.id === `test:${comparison.metric}` || column.id === deciding
  );
  return [...causes, ...scores, ...last.reverse()].map(column =>
    axisOf(column, comparison.rows, column.id === deciding)
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
    const type = low > 0 && Math.max(...numbers) / low >= 100 ? 'log' : 'value';
    return { column, type, categories: [], deciding };
  }
  const texts = rows.map(row => column.text(row) || '–');
  const categories = [...new Set(texts)].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true })
  );
  return { column, type: 'category', categories, deciding };
}

function position(axis: IAxis, row: ComparisonRow): number | null {
  if (axis.type === 'category') {
    return axis.categories.indexOf(axis.column.text(row) || '–');
  }
  const value = axis.column.value(row);
  return typeof value === 'number' ? value : null;
}
