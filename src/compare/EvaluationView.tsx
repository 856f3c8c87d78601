import type { EvaluationTable, EvaluatorResult } from '../wire';
import { shownColumns } from './evaluation';
import { formatNumber, formatValue } from './format';
import type { ITranslation } from './translation';

/**
 * What the evaluators said of a run's test: each folded to its name, with its figures and tables inside.
 */
export function EvaluationView(props: {
  evaluation: readonly EvaluatorResult[];
  trans: ITranslation;
}): JSX.Element {
  return (
    <>
      {props.evaluation.map(one => (
        <Evaluator key={one.name} found={one} trans={props.trans} />
      ))}
    </>
  );
}

function Evaluator(props: {
  found: EvaluatorResult;
  trans: ITranslation;
}): JSX.Element {
  const { found, trans } = props;
  const figures = Object.entries(found.figures);
  return (
    <details className="jp-TsmlCompare-evaluator">
      <summary>{trans.__('Evaluation: %1', found.name)}</summary>
      {found.error && <p className="jp-TsmlCompare-error">{found.error}</p>}
      {figures.length > 0 && (
        <p>
          {figures.map(([name, value]) => (
            <span key={name}>
              {name} <b>{formatNumber(value)}</b>
            </span>
          ))}
        </p>
      )}
      {Object.entries(found.tables).map(([name, table]) => (
        <Table key={name} name={name} table={table} trans={trans} />
      ))}
      {found.notes.map(note => (
        <p key={note} className="jp-TsmlCompare-note">
          {note}
        </p>
      ))}
    </details>
  );
}

function Table(props: {
  name: string;
  table: EvaluationTable;
  trans: ITranslation;
}): JSX.Element {
  const { name, table, trans } = props;
  const columns = shownColumns(table);
  const left = table.n_rows - table.rows.length;
  return (
    <table>
      <caption>
        {left > 0
          ? trans.__(
              '%1: the first %2 of %3 rows',
              name,
              table.rows.length,
              table.n_rows
            )
          : name}
      </caption>
      <thead>
        <tr>
          {columns.map(({ title, numeric }) => (
            <th
              key={title}
              scope="col"
              className={numeric ? 'jp-mod-number' : ''}
            >
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {columns.map(({ title, position, numeric }) => (
              <td key={title} className={numeric ? 'jp-mod-number' : ''}>
                {cell(row[position])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function cell(value: unknown): string {
  if (typeof value !== 'number') {
    return formatValue(value) || '–';
  }
  const short = Number(value.toPrecision(4)) === value;
  return short ? String(value) : formatNumber(value);
}
