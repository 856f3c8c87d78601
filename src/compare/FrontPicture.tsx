import * as React from 'react';
import { formatTick } from './format';
import {
  frontPicture,
  MARGIN,
  type IFrontDot,
  type IFrontPicture,
  type INamedFront
} from './front';
import { seriesColor } from './palette';
import type { ITranslation } from './translation';

/**
 * The properties of the picture.
 */
export interface IFrontPictureProps {
  fronts: readonly INamedFront[];
  axes: readonly [string, string];
  /** The trial that is pointed at, as `dotKey` calls it. */
  marked: string | null;
  onMark: (key: string | null) => void;
  onPin: (key: string) => void;
  trans: ITranslation;
}

const WIDEST = 620;
const HEIGHT = 230;

/**
 * The trials by two metrics: those of the front in their colours, those that others beat small and faint.
 */
export function FrontPicture(props: IFrontPictureProps): JSX.Element {
  const { fronts, axes, marked, onMark, onPin, trans } = props;
  const [host, width] = useWidth(WIDEST);
  const picture = frontPicture(fronts, axes, width, HEIGHT);
  return (
    <div className="jp-TsmlFront-picture" ref={host}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={trans.__(
          'Trials by %1 and %2, %3 of them on the front; the table holds the same values.',
          axes[0],
          axes[1],
          picture.dots.length
        )}
      >
        <Grid
          picture={picture}
          titles={axes.map(name => axisTitle(fronts, name, trans))}
          width={width}
        />
        {picture.beaten.map(([x, y], index) => (
          <circle
            key={index}
            className="jp-TsmlFront-beaten"
            cx={x}
            cy={y}
            r={2.5}
          />
        ))}
        {picture.lines.map(({ color, path }, index) => (
          <path
            key={index}
            className="jp-TsmlFront-line"
            style={{ stroke: seriesColor(color) }}
            d={path}
          />
        ))}
        {picture.dots.map(dot => (
          <Dot
            key={dot.key}
            dot={dot}
            marked={dot.key === marked}
            onMark={onMark}
            onPin={onPin}
          />
        ))}
      </svg>
      {picture.outside > 0 && (
        <p className="jp-TsmlFront-note">
          {trans._n(
            '%1 trial lies too far away to be shown.',
            '%1 trials lie too far away to be shown.',
            picture.outside
          )}
        </p>
      )}
    </div>
  );
}

function Dot(props: {
  dot: IFrontDot;
  marked: boolean;
  onMark: (key: string | null) => void;
  onPin: (key: string) => void;
}): JSX.Element {
  const { dot, marked, onMark, onPin } = props;
  const [x, y] = dot.at;
  return (
    <g
      className={marked ? 'jp-TsmlFront-dot jp-mod-marked' : 'jp-TsmlFront-dot'}
      onPointerEnter={() => onMark(dot.key)}
      onPointerLeave={() => onMark(null)}
      onPointerDown={() => onPin(dot.key)}
    >
      {dot.tested && <circle className="jp-mod-ring" cx={x} cy={y} r={8} />}
      <circle
        cx={x}
        cy={y}
        r={marked ? 7 : 5}
        style={{ fill: seriesColor(dot.color) }}
      />
    </g>
  );
}

function Grid(props: {
  picture: IFrontPicture;
  titles: string[];
  width: number;
}): JSX.Element {
  const { picture, titles, width } = props;
  const { across, up } = picture;
  const bottom = HEIGHT - MARGIN.bottom;
  const right = width - MARGIN.right;
  return (
    <g className="jp-TsmlFront-grid">
      {up.ticks.map(value => (
        <g key={value}>
          <line
            x1={MARGIN.left}
            x2={right}
            y1={up.at(value)}
            y2={up.at(value)}
          />
          <text x={MARGIN.left - 6} y={up.at(value) + 4} textAnchor="end">
            {formatTick(value)}
          </text>
        </g>
      ))}
      {across.ticks.map(value => (
        <g key={value}>
          <line
            x1={across.at(value)}
            x2={across.at(value)}
            y1={MARGIN.top}
            y2={bottom}
          />
          <text x={across.at(value)} y={bottom + 15} textAnchor="middle">
            {formatTick(value)}
          </text>
        </g>
      ))}
      <text x={(MARGIN.left + right) / 2} y={HEIGHT - 6} textAnchor="middle">
        {titles[0]}
      </text>
      <text
        x={-(MARGIN.top + bottom) / 2}
        y={12}
        textAnchor="middle"
        transform="rotate(-90)"
      >
        {titles[1]}
      </text>
    </g>
  );
}

function axisTitle(
  fronts: readonly INamedFront[],
  name: string,
  trans: ITranslation
): string {
  const front = fronts[0]?.front;
  return front?.greater_is_better[front.metrics.indexOf(name)]
    ? trans.__('%1, greater is better', name)
    : trans.__('%1, smaller is better', name);
}

/** An element whose width is followed, up to the widest that is wanted. */
function useWidth(widest: number): [React.RefObject<HTMLDivElement>, number] {
  const host = React.useRef<HTMLDivElement>(null);
  const [width, setWidth] = React.useState(widest);
  React.useLayoutEffect(() => {
    const element = host.current;
    if (!element) {
      return;
    }
    const measure = (): void =>
      setWidth(Math.min(widest, element.clientWidth || widest));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [widest]);
  return [host, width];
}
