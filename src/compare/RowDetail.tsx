import type { Comparison, ComparisonRow } from '../wire';
import { AuditTable } from './AuditView';
import { EvaluationView } from './EvaluationView';
import {
  formatNumber,
  formatPercent,
  formatScore,
  formatValue
} from './format';
import type { ITranslation } from './translation';

/**
 * The properties of what a row unfolds to.
 */
export interface IRowDetailProps {
  row: ComparisonRow;
  comparison: Comparison;
  onSchedule?: (runId: string) => void;
  trans: ITranslation;
}

/**
 * Every metric fold by fold, beside the final test and the naive forecasts; the parameters; the run's id.
 */
export function RowDetail(props: IRowDetailProps): JSX.Element {
  const { row, comparison, onSchedule, trans } = props;
  const metrics = comparison.metrics.filter(
    metric => row.cv[metric] ?? row.test[metric]
  );
  const folds = Math.max(
    0,
    ...metrics.map(metric => row.cv[metric]?.folds.length ?? 0)
  );
  const naive = Object.keys(row.baselines);
  const params = Object.entries(row.params);
  return (
    <div className="jp-TsmlCompare-detail">
      {row.run.error && <p className="jp-TsmlCompare-error">{row.run.error}</p>}
      {metrics.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{trans.__('Metric')}</th>
              {Array.from({ length: folds }, (_, fold) => (
                <th scope="col" key={fold}>
                  {trans.__('Fold %1', fold + 1)}
                </th>
              ))}
              <th scope="col">{trans.__('Mean ± deviation')}</th>
              <th scope="col">{trans.__('Final test')}</th>
              {naive.map(name => (
                <th
                  scope="col"
                  key={name}
                  title={trans.__('Naive forecast on the final test')}
                >
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {metrics.map(metric => (
              <tr key={metric}>
                <th scope="row">{metric}</th>
                {Array.from({ length: folds }, (_, fold) => (
                  <td key={fold}>
                    {formatNumber(row.cv[metric]?.folds[fold])}
                  </td>
                ))}
                <td>
                  {formatScore(row.cv[metric]?.mean, row.cv[metric]?.std)}
                </td>
                <td>{formatNumber(row.test[metric])}</td>
                {naive.map(name => (
                  <td key={name}>
                    {formatNumber(row.baselines[name]?.[metric])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {row.intervals?.scores.map(score => (
        <p key={score.nominal}>
          {trans.__(
            'Intervals for %1 hold %2 of the test; mean width %3, interval score %4',
            formatPercent(score.nominal),
            formatPercent(score.coverage),
            formatNumber(score.mean_width),
            formatNumber(score.winkler)
          )}
        </p>
      ))}
      {row.trials?.sentence && <p>{row.trials.sentence}</p>}
      <EvaluationView evaluation={row.evaluation} trans={trans} />
      {row.audit && <AuditTable audit={row.audit} trans={trans} />}
      {params.length > 0 && (
        <p>
          {params.map(([name, value]) => (
            <code key={name}>{`${name}: ${formatValue(value)}`}</code>
          ))}
        </p>
      )}
      <p>
        {trans.__('Run')} <code>{row.run.run_id}</code>
        {onSchedule && row.run.status === 'finished' && (
          <button
            type="button"
            className="jp-TsmlButton"
            onClick={() => onSchedule(row.run.run_id)}
          >
            {trans.__('Schedule…')}
          </button>
        )}
      </p>
    </div>
  );
}
