import type { TranslationBundle } from '@jupyterlab/translation';
import type { FoldPicture, FoldSpan } from '../../wire';
import { rowsOf, type IFoldRow } from './foldRows';

const ROW = 16;
const LEAST_ROW = 2;
/** A row that is lower has no room for its name. */
const NAMED_ROW = 9;
const HIGHEST = 14 * ROW;
const LEFT = 34;
const WIDTH = 300;
const KINDS = ['train', 'purge', 'embargo', 'test'] as const;

/**
 * The folds, the final test and the paths on one time axis.
 */
export function FoldFigure(props: {
  picture: FoldPicture;
  busy: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { picture, trans } = props;
  const names = kindNames(trans);
  const rows = rowsOf(picture, trans);
  const seen = KINDS.filter(kind =>
    rows.some(({ spans }) => spans.some(span => span.kind === kind))
  );
  const row = Math.min(ROW, Math.max(LEAST_ROW, HIGHEST / rows.length));
  const height = rows.length * row + 14;
  const paths =
    picture.n_paths > 1 ? trans.__(', in %1 paths', picture.n_paths) : '';
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
        aria-label={label + paths}
      >
        {rows.map((one, index) => (
          <Row
            key={one.name}
            row={one}
            names={names}
            y={index * row}
            height={row * 0.7}
            named={row >= NAMED_ROW || one.first}
            steps={picture.steps}
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
        {picture.n_paths > 1 && (
          <span>
            {trans.__('Each of %1 paths predicts every step.', picture.n_paths)}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function Row(props: {
  row: IFoldRow;
  names: Record<string, string>;
  y: number;
  height: number;
  named: boolean;
  steps: number;
}): JSX.Element {
  const { row, names, y, height } = props;
  const scale = WIDTH / Math.max(props.steps, 1);
  return (
    <g>
      {props.named && (
        <text x={0} y={y + height / 2 + 3.5}>
          {row.name}
        </text>
      )}
      {row.spans.map(span => (
        <rect
          key={`${span.kind}${span.start}`}
          data-kind={span.kind}
          data-shade={span.shade}
          x={LEFT + span.start * scale}
          y={y}
          width={Math.max(span.steps * scale, 1)}
          height={height}
        >
          <title>{told(row, span, names)}</title>
        </rect>
      ))}
    </g>
  );
}

function told(
  row: IFoldRow,
  span: FoldSpan & { by?: string },
  names: Record<string, string>
): string {
  const what = span.by ?? names[span.kind] ?? span.kind;
  const when = `${day(span.first)} … ${day(span.last)} (${span.steps})`;
  const note = row.note ? `; ${row.note}` : '';
  return `${row.name}, ${what}: ${when}${note}`;
}

function kindNames(trans: TranslationBundle): Record<string, string> {
  return {
    train: trans.__('Train'),
    purge: trans.__('Purge'),
    embargo: trans.__('Embargo'),
    test: trans.__('Test')
  };
}

function day(time: string): string {
  return time.slice(0, 10);
}
