import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { ParetoFront } from '../../wire';
import { ComparisonPanel } from '../ComparisonPanel';
import { FrontView } from '../FrontView';
import {
  differingParams,
  drawable,
  frontPicture,
  MARGIN,
  type INamedFront
} from '../front';
import { comparisonOf, rowOf } from './sample';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const front = (
  points: [number, number][],
  more: Partial<ParetoFront> = {}
): ParetoFront => ({
  metrics: ['mae', 'r2'],
  greater_is_better: [false, true],
  points: points.map(([mae, r2], number) => ({
    number,
    params: { alpha: number, kind: 'l2' },
    scores: { mae, r2 }
  })),
  beaten: [],
  tested: 0,
  ...more
});

const named = (id: string, one: ParetoFront): INamedFront => ({
  id,
  label: id,
  color: 0,
  front: one
});

function drawn(element: JSX.Element): HTMLElement {
  const page = document.createElement('div');
  document.body.append(page);
  act(() => createRoot(page).render(element));
  return page;
}

describe('the picture of a front', () => {
  const two = front([
    [1, 0.2],
    [2, 0.6],
    [4, 0.8]
  ]);

  it('has the better trial on the side that the axis says, and an edge that no trial crosses', () => {
    const { dots, lines, across, up } = frontPicture(
      [named('a', two)],
      ['mae', 'r2'],
      400,
      200
    );
    expect(dots.map(dot => dot.at[0].toFixed(1))).toEqual(
      [1, 2, 4].map(value => across.at(value).toFixed(1))
    );
    expect(across.at(4)).toBeGreaterThan(across.at(1));
    expect(up.at(0.8)).toBeLessThan(up.at(0.2));
    const [h, v] = [across.at(2).toFixed(2), up.at(0.6).toFixed(2)];
    expect(lines[0]?.path).toContain(`H${Number(h)}V${Number(v)}`);
    const other = frontPicture([named('a', two)], ['r2', 'mae'], 400, 200);
    expect(other.lines[0]?.path).toMatch(/^M[\d.,]+V[\d.]+H/);
  });

  it('keeps everything inside its axes, whatever the scores are', () => {
    for (const points of [
      [[3, 3]],
      [
        [0, 1],
        [0, 1]
      ],
      [
        [-1e9, -5],
        [1e-9, 5]
      ]
    ] as [number, number][][]) {
      const one = front(points, { beaten: [[5, -1]] });
      const { dots, across } = frontPicture(
        [named('a', one)],
        ['mae', 'r2'],
        300,
        200
      );
      for (const { at } of dots) {
        expect(at[0]).toBeGreaterThanOrEqual(MARGIN.left);
        expect(at[0]).toBeLessThanOrEqual(300 - MARGIN.right);
        expect(at[1]).toBeGreaterThanOrEqual(MARGIN.top);
        expect(at[1]).toBeLessThanOrEqual(200 - MARGIN.bottom);
      }
      expect(across.ticks.length).toBeGreaterThan(1);
      expect(across.ticks.length).toBeLessThan(12);
    }
  });

  it('leaves trials out that are so bad that the front would be a dot, and counts them', () => {
    const one = front(
      [
        [1, 0.2],
        [2, 0.6]
      ],
      {
        beaten: [
          [3, 0.1],
          [1e6, -1e9]
        ]
      }
    );
    const picture = frontPicture([named('a', one)], ['mae', 'r2'], 400, 200);
    expect([picture.beaten.length, picture.outside]).toEqual([1, 1]);
  });

  it('is drawn of two trials or more, with the metrics of the first front', () => {
    expect(drawable([named('a', front([[1, 1]]))])).toEqual([]);
    expect(drawable([])).toEqual([]);
    const other = { ...two, metrics: ['rmse', 'bias'] };
    const found = drawable([named('a', two), named('b', other)]);
    expect(found.map(({ id }) => id)).toEqual(['a']);
  });

  it('names the arguments in which its trials differ', () => {
    expect(differingParams([named('a', two)])).toEqual(['alpha']);
    expect(differingParams([named('a', front([[1, 1]]))])).toEqual([
      'alpha',
      'kind'
    ]);
  });
});

describe('the view of a front', () => {
  const three = front(
    [
      [1, 0.2],
      [2, 0.6]
    ],
    { metrics: ['mae', 'r2', 'bias'], greater_is_better: [false, true, false] }
  );

  it('is nothing where there is nothing to show', () => {
    expect(drawn(<FrontView fronts={[]} />).innerHTML).toBe('');
    const page = drawn(
      <ComparisonPanel comparison={comparisonOf([rowOf('a', [1])])} />
    );
    expect(page.textContent).not.toContain('Front');
  });

  it('marks the point whose row has the focus, and keeps it when it is pressed', () => {
    const fronts = [
      named(
        'a',
        front([
          [1, 0.2],
          [2, 0.6]
        ])
      )
    ];
    const page = drawn(<FrontView fronts={fronts} />);
    const marked = (): number[] =>
      [...page.querySelectorAll('.jp-TsmlFront-dot')].flatMap((dot, at) =>
        dot.classList.contains('jp-mod-marked') ? [at] : []
      );
    const button = [...page.querySelectorAll('button')][1];
    act(() => button?.focus());
    expect(marked()).toEqual([1]);
    act(() => button?.blur());
    expect(marked()).toEqual([]);
    act(() => button?.click());
    expect(marked()).toEqual([1]);
    expect(button?.getAttribute('aria-pressed')).toBe('true');
    expect(page.querySelectorAll('tbody tr')[0]?.textContent).toContain(
      'chosen'
    );
    act(() => button?.click());
    expect(marked()).toEqual([]);
  });

  it('lets two of three metrics be chosen, which never become the same', () => {
    const page = drawn(<FrontView fronts={[named('a', three)]} />);
    const axes = (): string[] =>
      [...page.querySelectorAll('select')].map(select => select.value);
    const choose = (at: number, name: string): void => {
      const select = page.querySelectorAll('select')[at];
      act(() => {
        if (select) {
          select.value = name;
          select.dispatchEvent(new Event('change', { bubbles: true }));
        }
      });
    };
    expect(axes()).toEqual(['mae', 'r2']);
    choose(0, 'bias');
    expect(axes()).toEqual(['bias', 'r2']);
    choose(1, 'bias');
    expect(axes()).toEqual(['r2', 'bias']);
    expect(page.querySelector('svg')?.getAttribute('aria-label')).toContain(
      'Trials by r2 and bias, 2 of them on the front'
    );
  });
});
