import type { TranslationBundle } from '@jupyterlab/translation';
import type { FoldPicture, FoldSpan } from '../../wire';

const ROW = 16;
const LEAST_ROW = 2;
const HIGHEST = 13 * ROW;
const LEFT = 34;
const WIDTH = 300;
const KINDS = ['train', 'purge', 'embargo', 'test'] as const;

/**
 * The folds and the final test on one time axis.
 */
export function FoldFigure(props: {
  picture: FoldPicture;
  busy: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { picture, trans } = props;
  const rows: [string, FoldSpan[]][] = picture.folds.map((spans, index) => [
    trans.__('Fold %1', index + 1),
    spans
  ]);
  rows.push([trans.__('Final'), picture.test]);
  const names = kindNames(trans);
  const seen = KINDS.filter(kind =>
    rows.some(([, spans]) => spans.some(span => span.kind === kind))
  );
  const row = Math.min(ROW, Math.max(LEAST_ROW, HIGHEST / rows.length));
  const height = rows.length * row + 14;
  const label = trans._n(
    '%1 fold and the final test, from %2 to %3',
    '%1 folds and the final test, from %2 to %3',
    picture.folds.length,
    day(picture.first),
    day(picture.last)
  );
  return (
    <figure className={`jp-Tsml-folds${props.busy ? ' jp-mod-busy' : ''}`}>
      <svg
        viewBox={`0 0 ${LEFT + WIDTH} ${height}`}
        role="img"
        aria-label={label}
      >
        {rows.map(([name, spans], index) => (
          <Row
            key={name}
            name={name}
            names={names}
            spans={spans}
            y={index * row}
            height={row * 0.7}
            named={row === ROW || [0, rows.length - 1].includes(index)}
            scale={scaleOf(picture)}
          />
        ))}
        <text x={LEFT} y={height - 3}>
          {day(picture.first)}
        </text>
        <text x={LEFT + WIDTH} y={height - 3} textAnchor="end">
          {day(picture.last)}
        </text>
      </svg>
      <figcaption>
        {seen.map(kind => (
          <span key={kind} className="jp-Tsml-legend" data-kind={kind}>
            {names[kind]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function Row(props: {
  name: string;
  names: Record<string, string>;
  spans: FoldSpan[];
  y: number;
  height: number;
  named: boolean;
  scale: (time: string) => number;
}): JSX.Element {
  const { name, names, scale, y, height } = props;
  return (
    <g>
      {props.named && (
        <text x={0} y={y + height / 2 + 3.5}>
          {name}
        </text>
      )}
      {props.spans.map((span, index) => {
        const x = scale(span.first);
        const end = scale(props.spans[index + 1]?.first ?? span.last);
        const what = names[span.kind] ?? span.kind;
        return (
          <rect
            key={`${span.kind}${span.first}`}
            data-kind={span.kind}
            x={LEFT + x}
            y={y}
            width={Math.max(end - x, 1.5)}
            height={height}
          >
            <title>{`${name}, ${what}: ${day(span.first)} … ${day(span.last)} (${span.steps})`}</title>
          </rect>
        );
      })}
    </g>
  );
}

function kindNames(trans: TranslationBundle): Record<string, string> {
  return {
    train: trans.__('Train'),
    purge: trans.__('Purge'),
    embargo: trans.__('Embargo'),
    test: trans.__('Test')
  };
}

function scaleOf(picture: FoldPicture): (time: string) => number {
  const first = Date.parse(picture.first);
  const span = Date.parse(picture.last) - first || 1;
  return time => ((Date.parse(time) - first) / span) * WIDTH;
}

function day(time: string): string {
  return time.slice(0, 10);
}
