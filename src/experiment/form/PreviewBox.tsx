import type { TranslationBundle } from '@jupyterlab/translation';
import type { ColumnSummary, DataPreview } from '../../wire';

const ROWS = 5;

/**
 * What a first look at the data file tells: span, entities, gaps, problems and the first rows.
 */
export function PreviewBox(props: {
  preview: DataPreview;
  busy: boolean;
  entity: boolean;
  onEntity: (column: string) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { preview, trans } = props;
  const shown = preview.head.slice(0, ROWS);
  return (
    <section
      className={`jp-Tsml-preview${props.busy ? ' jp-mod-busy' : ''}`}
      aria-label={trans.__('Preview of the data')}
    >
      <dl>
        <dt>{trans.__('Rows')}</dt>
        <dd>{preview.rows.toLocaleString()}</dd>
        {preview.first && preview.last && (
          <>
            <dt>{trans.__('Span')}</dt>
            <dd>
              {preview.first.slice(0, 10)} … {preview.last.slice(0, 10)}
            </dd>
          </>
        )}
        {preview.n_entities !== null && (
          <>
            <dt>{trans.__('Entities')}</dt>
            <dd title={preview.entities.join(', ')}>
              {preview.n_entities.toLocaleString()} (
              {preview.entities.slice(0, 4).join(', ')}
              {preview.n_entities > 4 && '…'})
            </dd>
          </>
        )}
        {preview.first && (
          <>
            <dt>{trans.__('Gaps')}</dt>
            <dd>
              {preview.n_gaps === 0
                ? trans.__('none')
                : preview.n_gaps.toLocaleString()}
            </dd>
          </>
        )}
      </dl>
      {!props.entity && preview.entity_candidates.length > 0 && (
        <div className="jp-Tsml-chips">
          <span>{trans.__('Several series? Entity column:')}</span>
          {preview.entity_candidates.map(column => (
            <button
              key={column}
              type="button"
              className="jp-Tsml-chip"
              onClick={() => props.onEntity(column)}
            >
              {column}
            </button>
          ))}
        </div>
      )}
      {preview.gaps.length > 0 && <Gaps preview={preview} trans={trans} />}
      {preview.problems.length > 0 && (
        <ul className="jp-Tsml-problems">
          {preview.problems.map(problem => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      {preview.findings.length > 0 && (
        <Findings preview={preview} trans={trans} />
      )}
      <div
        className="jp-Tsml-scroll"
        tabIndex={0}
        role="region"
        aria-label={trans.__('First rows')}
      >
        <table>
          <thead>
            <tr>
              {preview.columns.map(column => (
                <th
                  key={column.name}
                  scope="col"
                  className={numberClass(column)}
                  title={column.dtype}
                >
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at} className={numberClass(preview.columns[at])}>
                    {cellText(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Findings(props: {
  preview: DataPreview;
  trans: TranslationBundle;
}): JSX.Element {
  const { preview, trans } = props;
  const whole = preview.checked_rows === preview.rows;
  const title = whole
    ? trans.__('Data checks')
    : trans.__(
        'Data checks of the first %1 rows',
        preview.checked_rows.toLocaleString()
      );
  return (
    <details className="jp-Tsml-gaps" open>
      <summary>
        {title} ({preview.findings.length})
      </summary>
      <ul className="jp-Tsml-problems">
        {preview.findings.map(finding => (
          <li key={finding}>{finding}</li>
        ))}
      </ul>
    </details>
  );
}

function Gaps(props: {
  preview: DataPreview;
  trans: TranslationBundle;
}): JSX.Element {
  const { preview, trans } = props;
  return (
    <details className="jp-Tsml-gaps">
      <summary>{trans.__('Sessions without a row')}</summary>
      <ul>
        {preview.gaps.map(gap => (
          <li key={`${gap.entity}${gap.first}`}>
            {gap.entity} {gap.first.slice(0, 10)} … {gap.last.slice(0, 10)} (
            {gap.sessions})
          </li>
        ))}
      </ul>
    </details>
  );
}

function numberClass(column: ColumnSummary | undefined): string | undefined {
  return column?.numeric ? 'jp-mod-number' : undefined;
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) {
    return '';
  }
  if (typeof cell === 'number' && !Number.isInteger(cell)) {
    return String(Number(cell.toPrecision(7)));
  }
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
