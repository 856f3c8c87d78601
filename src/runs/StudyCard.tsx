import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { ExperimentProgress, StudyStatus } from '../wire';
import { formatDuration, formatNumber } from '../compare/format';
import { AuditFailedBadge, BestBadge, NaiveBadge } from '../compare/RunBadges';
import { endedTrials, leader, leaderboard } from '../live/ranking';
import {
  leftText,
  statusText,
  trialFacts,
  waitingText,
  workFacts
} from '../live/statusText';
import { moment } from './format';
import type { IShownLog } from './logs';
import { LogView } from './LogView';
import { isOver } from './studies';

/** What a study is drawn from. */
export interface IStudyCard {
  /** How far it is. */
  study: StudyStatus;
  /** Whether its leaderboard is shown at first. */
  open: boolean;
  /** What is shown of its log; nothing while it is hidden. */
  log: IShownLog | null;
  /** Called to show its log, or to hide it. */
  onLog: () => void;
  /** Called to stop it. */
  onStop: () => void;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * A study: how far it is, its best score so far, and its leaderboard.
 */
export function StudyCard(props: IStudyCard): JSX.Element {
  const { study, log, trans, onLog, onStop } = props;
  const [open, setOpen] = React.useState(props.open);
  const over = isOver(study);
  const total = study.trials_total;
  const work = workFacts(study, trans).map(fact => (
    <span key={fact}>{fact}</span>
  ));
  return (
    <section className="jp-Tsml-study" data-status={study.status}>
      <div className="jp-Tsml-studyHead">
        <button
          type="button"
          className="jp-Tsml-studyName"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <b>{study.name}</b>
          <span className="jp-Tsml-status" data-status={study.status}>
            {statusText(study.status, trans)}
          </span>
        </button>
        {!over && (
          <button
            type="button"
            className="jp-Tsml-button jp-mod-small"
            onClick={onStop}
          >
            {trans.__('Stop')}
          </button>
        )}
      </div>
      {!over && (
        <progress
          aria-label={trans.__('Trials done')}
          max={total ?? undefined}
          value={total ? endedTrials(study) : undefined}
        />
      )}
      <div className="jp-Tsml-facts">
        {trialFacts(study, trans).map(fact => (
          <span key={fact}>{fact}</span>
        ))}
        {study.best_score !== null && (
          <span title={study.best ?? ''}>
            {trans.__(
              'best %1 %2',
              study.metric,
              formatNumber(study.best_score)
            )}
          </span>
        )}
        <span>{timeText(study, trans)}</span>
      </div>
      {work.length > 0 && <div className="jp-Tsml-facts">{work}</div>}
      <div className="jp-Tsml-waiting" role="status">
        {waitingText(study, trans)}
      </div>
      {study.error && <div className="jp-Tsml-mistakes">{study.error}</div>}
      {open && study.experiments.length > 0 && (
        <Leaderboard study={study} trans={trans} />
      )}
      <button
        type="button"
        className="jp-Tsml-fold"
        aria-expanded={log !== null}
        onClick={onLog}
      >
        <span aria-hidden="true">{log ? '▾' : '▸'}</span> {trans.__('Log')}
      </button>
      {log && <LogView log={log} trans={trans} />}
    </section>
  );
}

function timeText(study: StudyStatus, trans: TranslationBundle): string {
  return isOver(study)
    ? moment(study.ended ?? study.started)
    : (leftText(study.seconds_left, trans) ?? formatDuration(study.seconds));
}

function Leaderboard(props: {
  study: StudyStatus;
  trans: TranslationBundle;
}): JSX.Element {
  const { study, trans } = props;
  const first = leader(study);
  return (
    <div
      className="jp-Tsml-scroll"
      tabIndex={0}
      role="region"
      aria-label={trans.__('Leaderboard')}
    >
      <table className="jp-Tsml-leaderboard">
        <thead>
          <tr>
            <th scope="col">{trans.__('Experiment')}</th>
            <th scope="col" title={trans.__('Mean over the folds')}>
              {study.metric}
            </th>
            <th scope="col">{trans.__('Test')}</th>
            <th scope="col">{trans.__('Trials')}</th>
          </tr>
        </thead>
        <tbody>
          {leaderboard(study).map(one => (
            <Line key={one.name} one={one} best={one === first} trans={trans} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line(props: {
  one: ExperimentProgress;
  best: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { one, best, trans } = props;
  const count = one.trials_total
    ? `${one.trials_done}/${one.trials_total}`
    : String(one.trials_done);
  const trials = one.trials_pruned
    ? trans.__('%1, %2 pruned', count, one.trials_pruned)
    : count;
  return (
    <tr data-status={one.status} title={one.error ?? ''}>
      <th scope="row">
        {one.name}
        {best && <BestBadge trans={trans} />}
        {one.audit === 'failed' && <AuditFailedBadge trans={trans} />}
        {one.beats_baselines === false && <NaiveBadge trans={trans} />}
        {one.status === 'failed' && (
          <span className="jp-Tsml-status" data-status="failed">
            {statusText(one.status, trans)}
          </span>
        )}
      </th>
      <td>
        {formatNumber(one.score)}
        {one.score_std !== null && (
          <span className="jp-Tsml-std"> ± {formatNumber(one.score_std)}</span>
        )}
      </td>
      <td>{formatNumber(one.test_score)}</td>
      <td>{trials}</td>
    </tr>
  );
}
