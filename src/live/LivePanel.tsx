import * as React from 'react';
import { formatDuration, formatNumber } from '../compare/format';
import { english, type ITranslation } from '../compare/translation';
import type { StudyStatus } from '../wire';
import {
  clock,
  endedTrials,
  hasEnded,
  leader,
  progress,
  schedulable
} from './ranking';
import { FailuresView, type IFailure } from './FailuresView';
import { Leaderboard } from './Leaderboard';
import { LiveFront } from './LiveFront';
import { ScheduleForm, type IScheduleAnswer } from './ScheduleForm';
import {
  leftText,
  statusText,
  trialFacts,
  waitingText,
  workFacts
} from './statusText';
import { useSecondsSince } from './useSecondsSince';
import { WorkersView } from './WorkersView';

/**
 * The properties of the live panel.
 */
export interface ILivePanelProps {
  /** The newest status; null before the first. */
  status: StudyStatus | null;
  /** Whether a stop was asked for. */
  stopping: boolean;
  /** The trials that failed, each kind of failure once. */
  failures?: readonly IFailure[];
  /** What went wrong with a wish of the person, in one line. */
  problem?: string | null;
  onStop?: () => void;
  onSchedule?: (runId: string, name: string) => Promise<IScheduleAnswer>;
  trans?: ITranslation;
}

/**
 * A study while it runs and when it has ended: progress, leaderboard, workers and their learning curves, the front of several metrics; Stop,
 * Details, Schedule.
 */
export function LivePanel(props: ILivePanelProps): JSX.Element {
  const { status, problem } = props;
  const trans = props.trans ?? english;
  const [details, setDetails] = React.useState(false);
  const [scheduling, setScheduling] = React.useState(false);
  if (!status) {
    return (
      <section className="jp-TsmlLive" aria-busy="true">
        <p className="jp-TsmlLive-note">{trans.__('Reading the data…')}</p>
      </section>
    );
  }
  const candidate = schedulable(status);
  const ended = hasEnded(status);
  const { onStop, onSchedule } = props;
  return (
    <section
      className="jp-TsmlLive"
      aria-label={trans.__('Study %1', status.name)}
      aria-busy={!ended}
    >
      <header className="jp-TsmlLive-header">
        <strong>{status.name}</strong>
        <span
          className={`jp-TsmlLive-state jp-mod-${status.status}`}
          role="status"
        >
          {statusText(status.status, trans)}
        </span>
        <span className="jp-TsmlLive-space" />
        {!ended && onStop && (
          <button
            type="button"
            className="jp-TsmlButton"
            disabled={props.stopping}
            onClick={onStop}
          >
            {props.stopping ? trans.__('Stopping…') : trans.__('Stop')}
          </button>
        )}
        <button
          type="button"
          className="jp-TsmlButton"
          aria-expanded={details}
          onClick={() => setDetails(!details)}
        >
          {trans.__('Details')}
        </button>
        {candidate && onSchedule && (
          <button
            type="button"
            className="jp-TsmlButton jp-mod-primary"
            aria-expanded={scheduling}
            onClick={() => setScheduling(!scheduling)}
          >
            {trans.__('Schedule…')}
          </button>
        )}
      </header>
      <Progress status={status} trans={trans} />
      {problem && (
        <p className="jp-TsmlLive-error" role="alert">
          {problem}
        </p>
      )}
      <p className="jp-TsmlLive-waiting" role="status">
        {waitingText(status, trans)}
      </p>
      {status.error && <p className="jp-TsmlLive-error">{status.error}</p>}
      {scheduling && candidate?.run_id && onSchedule && (
        <ScheduleForm
          key={candidate.run_id}
          label={candidate.name}
          onSubmit={name => onSchedule(candidate.run_id ?? '', name)}
          onClose={() => setScheduling(false)}
          trans={trans}
        />
      )}
      <Leaderboard status={status} details={details} trans={trans} />
      <FailuresView failures={props.failures ?? []} trans={trans} />
      <WorkersView status={status} trans={trans} />
      <LiveFront status={status} trans={trans} />
    </section>
  );
}

function Progress(props: {
  status: StudyStatus;
  trans: ITranslation;
}): JSX.Element {
  const { status, trans } = props;
  const shares = progress(status);
  const { elapsed, left } = clock(status, useSecondsSince(status));
  const best = leader(status);
  const total = status.trials_total;
  const facts = [
    ...trialFacts(status, trans),
    hasEnded(status)
      ? trans.__('took %1', formatDuration(elapsed))
      : trans.__('%1 so far', formatDuration(elapsed)),
    leftText(left, trans),
    ...(status.workers.length > 0 ? [] : workFacts(status, trans)),
    best &&
      trans.__(
        'best %1 %2 (%3)',
        status.metric,
        formatNumber(best.score),
        best.name
      )
  ].filter(Boolean);
  return (
    <>
      <div
        className={
          shares || hasEnded(status)
            ? 'jp-TsmlLive-bar'
            : 'jp-TsmlLive-bar jp-mod-unknown'
        }
        role="progressbar"
        aria-label={trans.__('Trials done')}
        aria-valuemin={0}
        aria-valuemax={total ?? undefined}
        aria-valuenow={total === null ? undefined : endedTrials(status)}
      >
        <span
          className="jp-mod-done"
          style={{ width: `${shares?.done ?? 0}%` }}
        />
        <span
          className="jp-mod-pruned"
          style={{ width: `${shares?.pruned ?? 0}%` }}
        />
        <span
          className="jp-mod-failed"
          style={{ width: `${shares?.failed ?? 0}%` }}
        />
      </div>
      <p className="jp-TsmlLive-note">{facts.join(' · ')}</p>
    </>
  );
}
