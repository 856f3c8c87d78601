import type { ParetoFront } from '../wire';

/**
 * The front of one experiment or run.
 */
export interface INamedFront {
  readonly id: string;
  readonly label: string;
  /** The position of its colour. */
  readonly color: number;
  readonly front: ParetoFront;
}

/**
 * A trial of the front in the coordinates of the picture.
 */
export interface IFrontDot {
  readonly key: string;
  readonly color: number;
  readonly label: string;
  readonly at: readonly [number, number];
  readonly tested: boolean;
}

/**
 * One scale of the picture, with its labels.
 */
export interface IScale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/**
 * All that is drawn: the fronts' trials, those that others beat, and for two metrics the line that no trial crosses.
 */
export interface IFrontPicture {
  readonly across: IScale;
  readonly up: IScale;
  readonly dots: readonly IFrontDot[];
  readonly beaten: readonly (readonly [number, number])[];
  readonly lines: readonly { color: number; path: string }[];
  /** How many trials lie too far away to be shown. */
  readonly outside: number;
}

/** The room for the labels of the axes, in CSS pixels. */
export const MARGIN = { left: 58, right: 14, top: 10, bottom: 40 } as const;

/** How far from the front trials are shown, in spans of the front. */
const REACH = 2;

/**
 * The fronts that can be drawn together: those with the metrics of the first one, as far as there is more than one trial.
 */
export function drawable(fronts: readonly INamedFront[]): INamedFront[] {
  const first = fronts[0]?.front.metrics ?? [];
  const fitting = fronts.filter(({ front }) =>
    first.every(name => front.metrics.includes(name))
  );
  const count = fitting.reduce(
    (sum, { front }) => sum + front.points.length + front.beaten.length,
    0
  );
  return first.length > 1 && count > 1 ? fitting : [];
}

/**
 * What tells a trial of a front from all others.
 */
export function dotKey(id: string, number: number): string {
  return `${id}:${number}`;
}

/**
 * The arguments in which the trials of the fronts differ; all of them where there is one trial only.
 */
export function differingParams(fronts: readonly INamedFront[]): string[] {
  const points = fronts.flatMap(({ front }) => front.points);
  const names = [...new Set(points.flatMap(one => Object.keys(one.params)))];
  if (points.length < 2) {
    return names;
  }
  return names.filter(
    name =>
      new Set(points.map(one => JSON.stringify(one.params[name]))).size > 1
  );
}

/**
 * Lay the fronts into a box of a size in CSS pixels.
 *
 * @param fronts - What `drawable` returned.
 * @param metrics - The metrics across and up.
 */
export function frontPicture(
  fronts: readonly INamedFront[],
  metrics: readonly [string, string],
  width: number,
  height: number
): IFrontPicture {
  const right = Math.max(MARGIN.left + 1, width - MARGIN.right);
  const across = scaleOf(fronts, metrics[0], MARGIN.left, right);
  const up = scaleOf(fronts, metrics[1], height - MARGIN.bottom, MARGIN.top);
  const place = (x: number, y: number): [number, number] => [
    round(across.at(x)),
    round(up.at(y))
  ];
  const all = fronts.flatMap(({ front }) => {
    const [x, y] = metrics.map(name => front.metrics.indexOf(name));
    return front.beaten.map(means => [means[x ?? 0], means[y ?? 1]] as const);
  });
  const near = all.filter(([x, y]) => across.holds(x) && up.holds(y));
  return {
    across,
    up,
    dots: fronts.flatMap(({ id, label, color, front }) =>
      front.points.map(({ number, scores }) => ({
        key: dotKey(id, number),
        color,
        label,
        at: place(scores[metrics[0]] ?? 0, scores[metrics[1]] ?? 0),
        tested: number === front.tested
      }))
    ),
    beaten: near.map(([x, y]) => place(x ?? 0, y ?? 0)),
    lines: fronts.map(({ color, front }) => ({
      color,
      path: edge(front, metrics, place)
    })),
    outside: all.length - near.length
  };
}

interface IBoundedScale extends IScale {
  holds(value: number | undefined): boolean;
}

function scaleOf(
  fronts: readonly INamedFront[],
  metric: string,
  from: number,
  to: number
): IBoundedScale {
  const led = fronts.flatMap(({ front }) =>
    front.points.map(point => point.scores[metric] ?? 0)
  );
  const beaten = fronts.flatMap(({ front }) =>
    front.beaten.map(means => means[front.metrics.indexOf(metric)] ?? 0)
  );
  const [best, worst] = [Math.min(...led), Math.max(...led)];
  const room = REACH * Math.max(worst - best, middle([...led, ...beaten]));
  const shown = [...led, ...beaten].filter(
    value => value >= best - room && value <= worst + room
  );
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const pad = 0.05 * (high - low) || Math.abs(low) * 0.05 || 1;
  const [bottom, span] = [low - pad, high - low + 2 * pad];
  return {
    ticks: ticks(bottom, bottom + span),
    at: value => from + ((value - bottom) / span) * (to - from),
    holds: value => value !== undefined && value >= low && value <= high
  };
}

/** The span of the middle half of some values. */
function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return at(0.75) - at(0.25);
}

/** Round values in a span, about four of them. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5, 10].map(one => one * power).find(one => one >= rough) ?? rough;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(12))
  );
}

/** The edge of what was reached with two metrics; for more of them it can't be drawn. */
function edge(
  front: ParetoFront,
  metrics: readonly [string, string],
  place: (x: number, y: number) => [number, number]
): string {
  if (front.metrics.length > 2 || front.points.length < 2) {
    return '';
  }
  const [x, y] = metrics;
  const reached = front.points
    .map(({ scores }) => [scores[x] ?? 0, scores[y] ?? 0] as const)
    .sort((a, b) => a[0] - b[0]);
  const greater = front.greater_is_better[front.metrics.indexOf(x)] ?? false;
  return reached
    .map(([a, b], index) => {
      const [h, v] = place(a, b);
      if (index === 0) {
        return `M${h},${v}`;
      }
      return greater ? `V${v}H${h}` : `H${h}V${v}`;
    })
    .join('');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
