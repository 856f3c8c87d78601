import type { ForecastPanel } from '../../wire';
import { forecastLines, spanOf } from '../forecast';
import { axesOf, parallelLines } from '../parallel';
import { comparisonOf, rowOf } from './sample';

const panel: ForecastPanel = {
  part: 'test',
  entity: null,
  entities: [],
  unit: 'volume',
  times: ['2017-01-03T00:00:00', '2017-01-04T00:00:00', '2017-01-05T00:00:00'],
  actual: [10, null, 30],
  forecasts: [
    { run_id: 'a', label: 'a', values: [12, 5, null] },
    { run_id: 'b', label: 'b', values: [9, 9, 9] }
  ]
};

describe('forecasts', () => {
  it('are those of the chosen runs, with forecast minus actual where both are known', () => {
    const lines = forecastLines(panel, new Set(['a']));
    expect(lines.map(line => line.runId)).toEqual(['a']);
    expect(lines[0]?.residuals).toEqual([2, null, null]);
  });

  it('say which span they cover', () => {
    expect(spanOf(panel)).toEqual({
      first: '2017-01-03',
      last: '2017-01-05',
      steps: 3
    });
    expect(spanOf({ ...panel, times: [] })).toBeNull();
  });
});

describe('parallel coordinates', () => {
  const comparison = comparisonOf([
    rowOf('a', [1], { alpha: 0.01, same: 1, kind: 'x' }),
    rowOf('b', [2], { alpha: 10, same: 1, kind: 'y' }),
    rowOf('failed', [], { alpha: 1, same: 1, kind: 'y' })
  ]);
  const axes = axesOf(comparison);

  it('have an axis for all that differs, the deciding score last', () => {
    expect(axes.map(axis => axis.column.id)).toEqual([
      'param:alpha',
      'param:kind',
      'test:mae',
      'cv:mae'
    ]);
    expect(axes[axes.length - 1]?.deciding).toBe(true);
  });

  it('use a logarithmic axis for a parameter over decades, and categories for texts', () => {
    expect(axes.map(axis => axis.type)).toEqual([
      'log',
      'category',
      'value',
      'value'
    ]);
    expect(axes[1]?.categories).toEqual(['x', 'y']);
  });

  it('leave out runs without a score', () => {
    const lines = parallelLines(comparison, axes);
    expect(lines.map(line => line.runId)).toEqual(['a', 'b']);
    expect(lines[1]?.values).toEqual([10, 1, 3, 2]);
  });
});
