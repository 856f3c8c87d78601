import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { ComparisonRow, Significance } from '../../wire';
import { Badges } from '../Badges';
import { EvaluationView } from '../EvaluationView';
import { english } from '../translation';
import { rowOf } from './sample';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

function drawn(element: JSX.Element): HTMLElement {
  const page = document.createElement('div');
  act(() => createRoot(page).render(element));
  return page;
}

function badges(row: ComparisonRow, best = false): [string, string][] {
  const page = drawn(<Badges row={row} best={best} trans={english} />);
  return [...page.querySelectorAll('span')].map(badge => [
    badge.textContent ?? '',
    badge.title
  ]);
}

const tested = (verdict: Significance['verdict']): Partial<ComparisonRow> => ({
  significance: {
    verdict,
    loss: 1,
    difference: 0.5,
    lower: 0.1,
    upper: 0.9,
    statistic: 3,
    p_value: 0.01
  }
});

describe('the badges of a run', () => {
  it('say that a failed audit keeps it from being the best', () => {
    const check = { name: 'future', verdict: 'failed', detail: 'x changes' };
    const where = { feature: 'x', entity: null, date: null };
    const checks = [{ ...check, ...where }] as const;
    const audit = { verdict: 'failed', checks: [...checks], seconds: 0 };
    const [[text, title] = []] = badges(
      rowOf('a', [1], {}, { audit } as Partial<ComparisonRow>)
    );
    expect(text).toBe('audit failed');
    expect(title).toBe(
      'Not counted as the best, and sorted last: future: x changes'
    );
  });

  it('tell the best by the folds from the one that errs least on the test', () => {
    const texts = (row: ComparisonRow, best: boolean): string[] =>
      badges(row, best).map(([text]) => text);
    expect(texts(rowOf('a', [1], {}, tested('best')), true)).toEqual(['best']);
    expect(texts(rowOf('a', [1], {}, tested('not different')), true)).toEqual([
      'best',
      'not significantly worse on the test'
    ]);
    expect(texts(rowOf('b', [2], {}, tested('best')), false)).toEqual([
      'least error on the test'
    ]);
  });
});

describe('what evaluators said', () => {
  it('shows figures, the columns that hold something, and how many rows are left out', () => {
    const table = {
      columns: ['part', 'mae', 'why'],
      rows: [
        ['AAA', 12.5, null],
        ['AAB', null, null]
      ],
      n_rows: 40,
      artifact: 'x.parquet'
    };
    const found = {
      name: 'breakdown',
      figures: { mae_worst: 12.5 },
      tables: { entity: table },
      notes: ['few rows'],
      error: null
    };
    const page = drawn(<EvaluationView evaluation={[found]} trans={english} />);
    const cells = (tag: string): (string | null)[] =>
      [...page.querySelectorAll(tag)].map(one => one.textContent);
    expect(cells('th')).toEqual(['part', 'mae']);
    expect(cells('td')).toEqual(['AAA', '12.5', 'AAB', '–']);
    expect(cells('caption')).toEqual(['entity: the first 2 of 40 rows']);
    expect(page.textContent).toContain('few rows');
  });

  it('says why an evaluator has nothing to say', () => {
    const found = {
      name: 'backtest',
      figures: {},
      tables: {},
      notes: [],
      error: 'there is no column close'
    };
    const page = drawn(<EvaluationView evaluation={[found]} trans={english} />);
    expect(page.textContent).toContain('there is no column close');
  });
});
