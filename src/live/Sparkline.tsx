import { BOX, type ICurve } from './curve';

/**
 * The properties of a sparkline.
 */
export interface ISparklineProps {
  /** What is drawn; nothing without it. */
  curve: ICurve | null;
  label: string;
}

/**
 * A small line with a dot at its end.
 */
export function Sparkline(props: ISparklineProps): JSX.Element | null {
  const { curve, label } = props;
  return curve ? (
    <svg
      className="jp-TsmlLive-curve"
      width={BOX.width}
      height={BOX.height}
      role="img"
      aria-label={label}
    >
      <path d={curve.path} />
      <circle cx={curve.end[0]} cy={curve.end[1]} r={2} />
    </svg>
  ) : null;
}
