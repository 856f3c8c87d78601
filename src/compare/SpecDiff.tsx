import type { Comparison } from '../wire';
import { formatValue } from './format';
import type { ITranslation } from './translation';

/**
 * The fields of the documents that are not the same in all runs.
 */
export function SpecDiff(props: {
  comparison: Comparison;
  trans: ITranslation;
}): JSX.Element {
  const { comparison, trans } = props;
  const fields = Object.entries(comparison.spec_diff);
  if (fields.length === 0) {
    return (
      <p className="jp-TsmlCompare-empty">
        {trans.__(
          'The documents of these runs are the same; the table shows what differs inside of them: variants, models and parameters.'
        )}
      </p>
    );
  }
  return (
    <div
      className="jp-TsmlCompare-scroll"
      tabIndex={0}
      role="region"
      aria-label={trans.__('Differences of the documents')}
    >
      <table className="jp-TsmlCompare-table">
        <thead>
          <tr>
            <th scope="col">{trans.__('Field')}</th>
            {comparison.rows.map(row => (
              <th scope="col" key={row.run.run_id}>
                {row.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map(([field, values]) => (
            <tr key={field}>
              <th scope="row">
                <code>{field}</code>
              </th>
              {comparison.rows.map((row, index) => (
                <td key={row.run.run_id}>
                  {formatValue(values[index]) || '–'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
