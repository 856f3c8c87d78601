import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { ExperimentProgress, StudyStatus } from '../wire';
import { formatDuration, formatNumber } from '../compare/format';
import { endedTrials, leader, leaderboard } from '../live/ranking';
import { statusText } from '../live/statusText';
import { moment } from './format';
import { isOver } from './studies';

/** What a study is drawn from. */
export interface IStudyCard {
  /** How far it is. */
  study: StudyStatus;
  /** Whether its leaderboard is shown at first. */
  open: boolean;
  /** Called to stop it. */
  onStop: () => void;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * A study: how far it is, its best score so far, and its leaderboard.
 */
export function StudyCard(props: IStudyCard): JSX.Element {
  const { study, trans, onStop } = props;
  const [open, setOpen] = React.useState(props.open);
  const over = isOver(study);
  const total = study.trials_total;
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
        <span>{trialsLine(study, trans)}</span>
        {study.best_score !== null && (
          <span title={study.best ?? ''}>
            {trans.__(
              'best %1 %2',
              study.metric,
              formatNumber(study.best_score)
            )}
          </span>
        )}
        <span>{timeLine(study, trans)}</span>
      </div>
      {study.error && <div className="jp-Tsml-mistakes">{study.error}</div>}
      {open && study.experiments.length > 0 && (
        <Leaderboard study={study} trans={trans} />
      )}
    </section>
  );
}

function trialsLine(study: StudyStatus, trans: TranslationBundle): string {
  const { trials_done: done, trials_total: total, trials_failed: bad } = study;
  const { trials_pruned: pruned } = study;
  const head = total
    ? trans.__('%1 of %2 trials', done, total)
    : trans._n('%1 trial', '%1 trials', done);
  const kept = pruned ? trans.__('%1, %2 pruned', head, pruned) : head;
  return bad ? trans.__('%1, %2 failed', kept, bad) : kept;
}

function timeLine(study: StudyStatus, trans: TranslationBundle): string {
  if (isOver(study)) {
    return moment(study.ended ?? study.started);
  }
  return study.seconds_left === null
    ? formatDuration(study.seconds)
    : trans.__('%1 left', formatDuration(study.seconds_left));
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
        {best && (
          <span className="jp-Tsml-status" data-status="finished">
            {trans.__('best')}
          </span>
        )}
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

/**
 * Says that a run is not better than the naive forecast.
 */
export function NaiveBadge(props: { trans: TranslationBundle }): JSX.Element {
  const { trans } = props;
  return (
    <span
      className="jp-Tsml-badge"
      title={trans.__('Does not beat the naive forecast')}
    >
      {trans.__('naive not beaten')}
    </span>
  );
}

/**
 * Says that the audit found a leak in a run.
 */
export function AuditFailedBadge(props: {
  trans: TranslationBundle;
}): JSX.Element {
  const { trans } = props;
  return (
    <span
      className="jp-Tsml-badge jp-mod-error"
      title={trans.__(
        'The audit found that the future leaks into it, so that it is not counted as the best.'
      )}
    >
      {trans.__('audit failed')}
    </span>
  );
}
