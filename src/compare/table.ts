import type { Comparison, ComparisonRow } from '../wire';
import {
  formatDuration,
  formatNumber,
  formatScore,
  formatTime,
  formatValue
} from './format';

/**
 * What a column is about.
 */
export type ColumnGroup = 'cv' | 'test' | 'naive' | 'variant' | 'param' | 'run';

/**
 * A column of the table: where its values come from and how they are written.
 */
export interface IColumn {
  readonly id: string;
  readonly name: string;
  readonly group: ColumnGroup;
  readonly numeric: boolean;
  readonly chosen: boolean;
  value(row: ComparisonRow): number | string | null;
  text(row: ComparisonRow): string;
}

/**
 * By which column the rows are sorted, and which way.
 */
export interface ISorting {
  readonly column: string;
  readonly descending: boolean;
}

/**
 * All columns of a comparison, in the order in which they stand.
 */
export function columnsOf(comparison: Comparison): IColumn[] {
  return [
    ...metricColumns(comparison, true),
    naiveColumn(comparison),
    ...variantColumns(comparison.rows),
    ...paramColumns(comparison.rows),
    ...runColumns(),
    ...metricColumns(comparison, false)
  ];
}

/**
 * The columns whose text is not the same in every row.
 */
export function differing(
  columns: readonly IColumn[],
  rows: readonly ComparisonRow[]
): Set<string> {
  const found = columns.filter(
    column => new Set(rows.map(row => column.text(row))).size > 1
  );
  return new Set(found.map(column => column.id));
}

/**
 * The columns to show: those that were chosen and, where asked, only those that differ.
 * Scores always stay.
 */
export function visibleColumns(
  columns: readonly IColumn[],
  rows: readonly ComparisonRow[],
  chosen: ReadonlySet<string>,
  onlyDiffering: boolean
): IColumn[] {
  const different = differing(columns, rows);
  const scores = new Set<ColumnGroup>(['cv', 'test', 'naive']);
  return columns.filter(
    column =>
      chosen.has(column.id) &&
      (!onlyDiffering ||
        rows.length < 2 ||
        scores.has(column.group) ||
        different.has(column.id))
  );
}

/** The columns in which a run that reads the future looks better than it is. */
const SCORES: ReadonlySet<ColumnGroup> = new Set(['cv', 'test']);

/**
 * Whether the audit found the future in a run, so that its scores can't be believed.
 */
export function leaks(row: ComparisonRow): boolean {
  return row.run.audit === 'failed';
}

/**
 * The rows sorted by a column; rows without a value stand last either way, and ties keep their order.
 * By a score, runs whose audit failed stand behind those that can be believed.
 */
export function sortRows(
  rows: readonly ComparisonRow[],
  column: IColumn | undefined,
  descending: boolean
): ComparisonRow[] {
  if (!column) {
    return [...rows];
  }
  const sign = descending ? -1 : 1;
  return [...rows].sort((first, second) => {
    const a = column.value(first);
    const b = column.value(second);
    if (isMissing(a) || isMissing(b)) {
      return Number(isMissing(a)) - Number(isMissing(b));
    }
    if (SCORES.has(column.group) && leaks(first) !== leaks(second)) {
      return Number(leaks(first)) - Number(leaks(second));
    }
    return sign * compareValues(a, b);
  });
}

/**
 * The rows in which every word of the query stands somewhere: in the label, a parameter, the model or the variant.
 */
export function filterRows(
  rows: readonly ComparisonRow[],
  columns: readonly IColumn[],
  query: string
): ComparisonRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const searched = columns.filter(column =>
    ['variant', 'param', 'run'].includes(column.group)
  );
  return rows.filter(row => {
    const text = [
      row.label,
      row.run.run_id,
      row.run.study_name,
      ...searched.map(column => `${column.name}=${column.text(row)}`)
    ]
      .join(' ')
      .toLowerCase();
    return words.every(word => text.includes(word));
  });
}

/**
 * The name and score of a row's best baseline by a metric.
 */
export function bestBaseline(
  row: ComparisonRow,
  metric: string,
  greaterIsBetter: boolean
): [string, number] | null {
  let best: [string, number] | null = null;
  for (const [name, scores] of Object.entries(row.baselines)) {
    const score = scores[metric];
    if (score === undefined || score === null || Number.isNaN(score)) {
      continue;
    }
    if (!best || (greaterIsBetter ? score > best[1] : score < best[1])) {
      best = [name, score];
    }
  }
  return best;
}

function isMissing(value: number | string | null): value is null {
  return value === null || value === '' || Number.isNaN(value);
}

function compareValues(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return a - b;
  }
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

/** The deciding metric's columns, or those of all others. */
function metricColumns(comparison: Comparison, deciding: boolean): IColumn[] {
  const metrics = comparison.metrics.filter(
    metric => (metric === comparison.metric) === deciding
  );
  return metrics.flatMap(metric => [
    {
      id: `cv:${metric}`,
      name: metric,
      group: 'cv' as const,
      numeric: true,
      chosen: deciding,
      value: (row: ComparisonRow) => row.cv[metric]?.mean ?? null,
      text: (row: ComparisonRow) =>
        formatScore(row.cv[metric]?.mean, row.cv[metric]?.std)
    },
    {
      id: `test:${metric}`,
      name: metric,
      group: 'test' as const,
      numeric: true,
      chosen: deciding,
      value: (row: ComparisonRow) => row.test[metric] ?? null,
      text: (row: ComparisonRow) => formatNumber(row.test[metric])
    }
  ]);
}

function naiveColumn(comparison: Comparison): IColumn {
  const best = (row: ComparisonRow): [string, number] | null =>
    bestBaseline(row, comparison.metric, comparison.greater_is_better);
  return {
    id: 'naive',
    name: comparison.metric,
    group: 'naive',
    numeric: true,
    chosen: true,
    value: row => best(row)?.[1] ?? null,
    text: row => {
      const found = best(row);
      return found ? `${formatNumber(found[1])} (${found[0]})` : '–';
    }
  };
}

function variantColumns(rows: readonly ComparisonRow[]): IColumn[] {
  const stages = new Set(rows.flatMap(row => Object.keys(row.run.variant)));
  return [...stages].map(stage => ({
    id: `variant:${stage}`,
    name: stage,
    group: 'variant',
    numeric: false,
    chosen: true,
    value: row => row.run.variant[stage] ?? null,
    text: row => row.run.variant[stage] ?? ''
  }));
}

function paramColumns(rows: readonly ComparisonRow[]): IColumn[] {
  const names = new Set(rows.flatMap(row => Object.keys(row.params)));
  return [...names].map(name => {
    const values = rows.map(row => row.params[name] ?? null);
    return {
      id: `param:${name}`,
      name,
      group: 'param',
      numeric: values.every(
        value => value === null || typeof value === 'number'
      ),
      chosen: true,
      value: row => plain(row.params[name]),
      text: row => formatValue(row.params[name])
    };
  });
}

function plain(value: unknown): number | string | null {
  return typeof value === 'number' ? value : formatValue(value) || null;
}

function runColumns(): IColumn[] {
  const column = (
    id: string,
    numeric: boolean,
    chosen: boolean,
    value: (row: ComparisonRow) => number | string | null,
    text: (row: ComparisonRow) => string
  ): IColumn => ({ id, name: id, group: 'run', numeric, chosen, value, text });
  return [
    column(
      'model',
      false,
      true,
      row => row.run.model,
      row => row.run.model
    ),
    column(
      'trials',
      true,
      true,
      row => row.run.n_trials,
      row => (row.run.n_trials === null ? '' : String(row.run.n_trials))
    ),
    column(
      'took',
      true,
      true,
      row => row.run.seconds,
      row => formatDuration(row.run.seconds)
    ),
    column(
      'started',
      false,
      false,
      row => row.run.started,
      row => (row.run.started ? formatTime(row.run.started) : '')
    ),
    column(
      'user',
      false,
      false,
      row => row.run.user,
      row => row.run.user ?? ''
    ),
    column(
      'study',
      false,
      false,
      row => row.run.study_name,
      row => row.run.study_name
    )
  ];
}
