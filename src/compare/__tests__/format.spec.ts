import {
  formatDuration,
  formatNumber,
  formatPercent,
  formatTick,
  formatTime,
  formatValue
} from '../format';
import { escapeHtml } from '../parallelOption';
import { english } from '../translation';

describe('numbers', () => {
  it.each([
    [1234567.8, '1,234,568'],
    [123.456, '123.5'],
    [0.012345, '0.01235'],
    [0, '0'],
    [-9999.5, '-10,000'],
    [1e-7, '1.000e-7'],
    [null, '–'],
    [Number.NaN, '–']
  ])('%p is written %p', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it.each([
    [0.8, '80 %'],
    [0.8152, '81.5 %'],
    [1, '100 %'],
    [null, '–']
  ])('the share %p is written %p', (share, text) => {
    expect(formatPercent(share)).toBe(text);
  });

  it('are short on axes', () => {
    expect([12_000_000, 45_000, 1500, 0.25].map(formatTick)).toEqual([
      '12M',
      '45k',
      '1500',
      '0.25'
    ]);
  });

  it('keep parameters as they were given', () => {
    expect([0.05, 400, 'auto', null, [1, 2]].map(formatValue)).toEqual([
      '0.05',
      '400',
      'auto',
      '',
      '[1,2]'
    ]);
  });
});

describe('times', () => {
  it('are days, or minutes where they are not midnight', () => {
    expect(formatTime('2017-01-03T00:00:00')).toBe('2017-01-03');
    expect(formatTime('2017-01-03T09:30:00+00:00')).toBe('2017-01-03 09:30');
  });

  it('last as long as people say', () => {
    expect([0.42, 8.04, 75, 3700].map(formatDuration)).toEqual([
      '0.4 s',
      '8 s',
      '1 min 15 s',
      '1 h 1 min'
    ]);
  });
});

describe('texts', () => {
  it('fill in their arguments', () => {
    expect(english.__('%1 of %2', 3, 'b')).toBe('3 of b');
    expect(english._n('%1 run of %2', '%1 runs of %2', 1, 'x')).toBe(
      '1 run of x'
    );
    expect(english._n('%1 run of %2', '%1 runs of %2', 2, 'x')).toBe(
      '2 runs of x'
    );
  });

  it('can’t smuggle markup into a tooltip', () => {
    expect(escapeHtml('<img src=x onerror="a">')).toBe(
      '&lt;img src=x onerror=&quot;a&quot;&gt;'
    );
  });
});
