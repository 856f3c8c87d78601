import { axesOf, parallelLines } from '../parallel';
import { comparisonOf, rowOf } from './sample';

const compared = comparisonOf([
  rowOf('a', [1, 3], { alpha: 1, depth: 4 }),
  rowOf('b', [3, 5], { alpha: 2 }),
  rowOf('c', [2, 4], { alpha: 500 }),
  rowOf('failed', [], { alpha: 7, depth: 9000 })
]);
const axes = axesOf(compared);
const named = (id: string): number =>
  axes.findIndex(axis => axis.column.id === id);

describe('parallel coordinates', () => {
  it('have the deciding score last, and a line for every run that has it', () => {
    expect(axes[axes.length - 1].column.id).toBe('cv:mae');
    const lines = parallelLines(compared, axes);
    expect(lines.map(line => line.runId)).toEqual(['a', 'b', 'c']);
    expect(lines.map(line => line.values[axes.length - 1])).toEqual([2, 4, 3]);
  });

  it('draw a setting over many powers of ten on a log axis', () => {
    expect(axes[named('param:alpha')].type).toBe('log');
    expect(axes[named('param:alpha')].none).toBeNull();
  });

  it('put a run without a value below all others, and not between them', () => {
    const depth = named('param:depth');
    const foot = axes[depth].none;
    expect(foot).not.toBeNull();
    expect(foot).toBeLessThan(4);
    expect(
      parallelLines(compared, axes).map(line => line.values[depth])
    ).toEqual([4, foot, foot]);
  });
});
