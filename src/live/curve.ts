/**
 * A learning curve in the coordinates of its picture.
 */
export interface ICurve {
  /** Where the line ends: the best score of all. */
  readonly end: readonly [number, number];
  /** The best score so far, as the path of an SVG. */
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
 * Lay the best score so far into a box, trial by trial; nothing for less than two trials.
 */
export function curveOf(
  history: readonly number[],
  greaterIsBetter: boolean,
  width: number,
  height: number
): ICurve | null {
  if (history.length < 2) {
    return null;
  }
  const best = bestSoFar(history, greaterIsBetter);
  const low = Math.min(...best);
  const span = Math.max(...best) - low;
  const margin = 3;
  const x = (index: number): number =>
    round(margin + (index / (best.length - 1)) * (width - 2 * margin));
  const y = (value: number): number =>
    round(
      height -
        margin -
        (span > 0 ? (value - low) / span : 0.5) * (height - 2 * margin)
    );
  const steps = best.map((value, index) =>
    index === 0 ? `M${x(0)},${y(value)}` : `H${x(index)}V${y(value)}`
  );
  const last = best[best.length - 1] ?? low;
  return { end: [x(best.length - 1), y(last)], path: steps.join('') };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
