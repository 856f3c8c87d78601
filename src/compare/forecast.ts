import type { ForecastPanel } from '../wire';
import { formatTime } from './format';

/**
 * A line over the times of a panel.
 */
export interface IForecastLine {
  readonly runId: string;
  readonly label: string;
  readonly values: (number | null)[];
  readonly residuals: (number | null)[];
}

/**
 * The forecasts of the chosen runs with their residuals, forecast minus actual.
 */
export function forecastLines(
  panel: ForecastPanel,
  chosen: ReadonlySet<string>
): IForecastLine[] {
  return panel.forecasts
    .filter(forecast => chosen.has(forecast.run_id))
    .map(forecast => ({
      runId: forecast.run_id,
      label: forecast.label,
      values: forecast.values,
      residuals: forecast.values.map((value, index) => {
        const actual = panel.actual[index] ?? null;
        return value === null || actual === null ? null : value - actual;
      })
    }));
}

/**
 * The first and the last time of a panel, and how many there are.
 */
export function spanOf(
  panel: ForecastPanel
): { first: string; last: string; steps: number } | null {
  const first = panel.times[0];
  const last = panel.times[panel.times.length - 1];
  return first === undefined || last === undefined
    ? null
    : {
        first: formatTime(first),
        last: formatTime(last),
        steps: panel.times.length
      };
}
