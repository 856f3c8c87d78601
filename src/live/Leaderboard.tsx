import {
  formatDuration,
  formatNumber,
  formatScore,
  formatValue
} from '../compare/format';
import { AuditFailedBadge, BestBadge, NaiveBadge } from '../compare/RunBadges';
import type { ITranslation } from '../compare/translation';
import type { ExperimentProgress, StudyStatus } from '../wire';
import { curveOf } from './curve';
import { leader, leaderboard } from './ranking';
import { Sparkline } from './Sparkline';
import { statusText } from './statusText';

/**
 * The properties of the leaderboard.
 */
export interface ILeaderboardProps {
  status: StudyStatus;
  details: boolean;
  trans: ITranslation;
}

/**
 * One line an experiment, the best first; unfolds to what each one is.
 */
export function Leaderboard(props: ILeaderboardProps): JSX.Element {
  const { status, details, trans } = props;
  const first = leader(status);
  return (
    <div
      className="jp-TsmlLive-scroll"
      tabIndex={0}
      role="region"
      aria-label={trans.__('Leaderboard')}
    >
      <table className="jp-TsmlLive-table">
        <thead>
          <tr>
            <th scope="col">{trans.__('Experiment')}</th>
            <th
              scope="col"
              className="jp-mod-number"
              title={trans.__('Mean ± deviation over the validation folds')}
            >
              {trans.__('%1, folds', status.metric)}
            </th>
            <th
              scope="col"
              className="jp-mod-number"
              title={trans.__('The final test, used once')}
            >
              {trans.__('%1, test', status.metric)}
            </th>
            <th scope="col">{trans.__('Best so far')}</th>
            <th scope="col" className="jp-mod-number">
              {trans.__('Trials')}
            </th>
            <th scope="col">{trans.__('State')}</th>
          </tr>
        </thead>
        <tbody>
          {leaderboard(status).map(item => (
            <Line
              key={item.name}
              item={item}
              status={status}
              best={item === first}
              details={details}
              trans={trans}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ILineProps extends ILeaderboardProps {
  item: ExperimentProgress;
  best: boolean;
}

function Line(props: ILineProps): JSX.Element {
  const { item, status, best, details, trans } = props;
  const pruned =
    item.trials_pruned > 0
      ? `, ${trans.__('%1 pruned', item.trials_pruned)}`
      : '';
  const failed =
    item.trials_failed > 0
      ? `, ${trans.__('%1 failed', item.trials_failed)}`
      : '';
  return (
    <>
      <tr className={best ? 'jp-mod-best' : ''}>
        <th scope="row">
          {item.name}
          {best && <BestBadge trans={trans} />}
          {item.audit === 'failed' && <AuditFailedBadge trans={trans} />}
          {item.beats_baselines === false && <NaiveBadge trans={trans} />}
        </th>
        <td className="jp-mod-number">
          {formatScore(item.score, item.score_std)}
        </td>
        <td className="jp-mod-number">{formatNumber(item.test_score)}</td>
        <td>
          <Sparkline
            curve={curveOf(item.history, status.greater_is_better)}
            label={trans.__('Best score so far, trial by trial')}
          />
        </td>
        <td className="jp-mod-number">
          {item.trials_total === null
            ? item.trials_done
            : `${item.trials_done}/${item.trials_total}`}
          {pruned}
          {failed}
        </td>
        <td>
          <span className={`jp-TsmlLive-state jp-mod-${item.status}`}>
            {statusText(item.status, trans)}
          </span>
        </td>
      </tr>
      {(details || item.error) && (
        <tr className="jp-TsmlLive-detail">
          <td colSpan={6}>
            {item.error && <p className="jp-TsmlLive-error">{item.error}</p>}
            {details && <Detail item={item} trans={trans} />}
          </td>
        </tr>
      )}
    </>
  );
}

function Detail(props: {
  item: ExperimentProgress;
  trans: ITranslation;
}): JSX.Element {
  const { item, trans } = props;
  const facts: [string, string][] = [
    [trans.__('Model'), item.model],
    ...Object.entries(item.variant),
    ...Object.entries(item.params).map(([name, value]): [string, string] => [
      name,
      formatValue(value)
    ]),
    [trans.__('Took'), formatDuration(item.seconds)],
    [trans.__('Run'), item.run_id ?? '–']
  ];
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
