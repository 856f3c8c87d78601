/** The size of a small curve in CSS pixels. */
export const BOX = { width: 90, height: 22, margin: 3 } as const;

/**
 * A curve in the coordinates of its picture.
 */
export interface ICurve {
  /** Where the line ends. */
  readonly end: readonly [number, number];
  /** The line as the path of an SVG. */
  readonly path: string;
}

/**
 * The best value up to each position.
 */
export function bestSoFar(
  history: readonly number[],
  greaterIsBetter: boolean
): number[] {
  let best: number | null = null;
  return history.map(value => {
    best =
      best === null || (greaterIsBetter ? value > best : value < best)
        ? value
        : best;
    return best;
  });
}

/**
 * Lay the best score so far into the box, trial by trial; nothing for less than two trials.
 */
export function curveOf(
  history: readonly number[],
  greaterIsBetter: boolean
): ICurve | null {
  const at = placed(bestSoFar(history, greaterIsBetter), (index, last) =>
    last > 0 ? index / last : 0
  );
  return drawn(at, ([x, y]) => `H${x}V${y}`);
}

/**
 * Lay a loss into the box as a line that ends where the learning is: at a share of all its steps.
 *
 * @param losses - Values in equal distances, the last one at the newest step.
 * @param share - From 0 to 1.
 */
export function learningCurve(
  losses: readonly number[],
  share: number
): ICurve | null {
  const reach = Math.min(1, Math.max(0, share));
  const at = placed(
    losses,
    (index, last) => (reach * (index + 1)) / (last + 1)
  );
  return drawn(at, ([x, y]) => `L${x},${y}`);
}

type Place = readonly [number, number];

function placed(
  values: readonly number[],
  along: (index: number, last: number) => number
): Place[] {
  const { width, height, margin } = BOX;
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values.map((value, index) => [
    round(margin + along(index, values.length - 1) * (width - 2 * margin)),
    round(
      height -
        margin -
        (span > 0 ? (value - low) / span : 0.5) * (height - 2 * margin)
    )
  ]);
}

function drawn(
  at: readonly Place[],
  next: (to: Place) => string
): ICurve | null {
  const [first, ...rest] = at;
  const end = rest[rest.length - 1];
  return first && end
    ? { end, path: `M${first[0]},${first[1]}${rest.map(next).join('')}` }
    : null;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
