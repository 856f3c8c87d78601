import type { EvaluationTable } from '../wire';

/** A column of an evaluator's table that is worth showing. */
export interface IEvaluationColumn {
  readonly title: string;
  readonly position: number;
  readonly numeric: boolean;
}

/**
 * The columns that have a value in some row.
 */
export function shownColumns(table: EvaluationTable): IEvaluationColumn[] {
  return table.columns.flatMap((title, position) => {
    const values = table.rows
      .map(row => row[position] ?? null)
      .filter(value => value !== null);
    const numeric = values.every(value => typeof value === 'number');
    return values.length > 0 ? [{ title, position, numeric }] : [];
  });
}
