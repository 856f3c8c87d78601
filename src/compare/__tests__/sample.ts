import type { Comparison, ComparisonRow } from '../../wire';

/**
 * A row of a comparison with the given scores of mae, fold by fold.
 */
export function rowOf(
  id: string,
  folds: number[],
  params: Record<string, unknown> = {},
  more: Partial<ComparisonRow> = {}
): ComparisonRow {
  const mean = folds.reduce((sum, value) => sum + value, 0) / folds.length;
  return {
    label: id,
    cv: folds.length > 0 ? { mae: { mean, std: 1, folds } } : {},
    test: folds.length > 0 ? { mae: mean + 1 } : {},
    baselines: {},
    params,
    intervals: null,
    evaluation: [],
    trials: null,
    front: null,
    significance: null,
    audit: null,
    run: {
      run_id: id,
      study: 's',
      tracking_experiment: 'volume',
      study_name: 'volume',
      name: id,
      model: 'ridge',
      variant: {},
      task: 'regression',
      status: 'finished',
      started: null,
      seconds: null,
      user: null,
      metric: 'mae',
      greater_is_better: false,
      cv: {},
      cv_std: {},
      test: {},
      params: {},
      beats_baselines: null,
      audit: null,
      n_trials: 3,
      error: null
    },
    ...more
  };
}

/**
 * A comparison by mae.
 */
export function comparisonOf(rows: ComparisonRow[]): Comparison {
  return {
    metric: 'mae',
    greater_is_better: false,
    metrics: ['mae'],
    rows,
    best: null,
    differing: [],
    spec_diff: {},
    forecast: null,
    same_data: true,
    notes: []
  };
}
