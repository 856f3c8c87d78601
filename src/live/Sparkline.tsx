import { curveOf } from './curve';

/**
 * The properties of a sparkline.
 */
export interface ISparklineProps {
  history: readonly number[];
  greaterIsBetter: boolean;
  label: string;
}

const WIDTH = 90;
const HEIGHT = 22;

/**
 * The best score so far, trial by trial.
 */
export function Sparkline(props: ISparklineProps): JSX.Element | null {
  const { history, greaterIsBetter, label } = props;
  const curve = curveOf(history, greaterIsBetter, WIDTH, HEIGHT);
  return curve ? (
    <svg
      className="jp-TsmlLive-curve"
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <path d={curve.path} />
      <circle cx={curve.end[0]} cy={curve.end[1]} r={2} />
    </svg>
  ) : null;
}
