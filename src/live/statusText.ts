import { formatDuration } from '../compare/format';
import type { ITranslation } from '../compare/translation';
import type { StudyStatus, WorkerLine } from '../wire';
import { hasEnded } from './ranking';

/**
 * How a state is called.
 */
export function statusText(
  status: StudyStatus['status'],
  trans: ITranslation
): string {
  const texts: Record<StudyStatus['status'], string> = {
    queued: trans.__('waiting'),
    running: trans.__('running'),
    finished: trans.__('finished'),
    failed: trans.__('failed'),
    stopped: trans.__('stopped')
  };
  return texts[status];
}

/**
 * How many trials have ended, and how.
 */
export function trialFacts(status: StudyStatus, trans: ITranslation): string[] {
  const total = status.trials_total;
  const facts = [
    total === null
      ? trans._n('%1 trial done', '%1 trials done', status.trials_done)
      : trans.__('%1 of %2 trials done', status.trials_done, total),
    status.trials_running > 0 && trans.__('%1 running', status.trials_running),
    status.trials_pruned > 0 && trans.__('%1 pruned', status.trials_pruned),
    status.trials_failed > 0 && trans.__('%1 failed', status.trials_failed),
    status.trials_resumed > 0 &&
      trans.__('%1 taken over', status.trials_resumed)
  ];
  return facts.filter(fact => fact !== false);
}

/**
 * How many workers are busy, and how many fits they do; nothing of a study that does not run.
 */
export function workFacts(status: StudyStatus, trans: ITranslation): string[] {
  const { workers, workers_total: total, throughput: rate } = status;
  if (hasEnded(status)) {
    return [];
  }
  const facts: string[] = [];
  if (total > 0) {
    const busy = workers.filter(isBusy).length;
    facts.push(
      total > workers.length && busy === workers.length
        ? trans.__('%1 or more of %2 workers busy', busy, total)
        : trans.__('%1 of %2 workers busy', busy, total)
    );
  }
  if (rate !== null && rate > 0) {
    facts.push(rateText(rate, trans));
  }
  return facts;
}

/**
 * Since when a study waits for workers and why, which says its place in the queue, or the place of one that has some but may have more; nothing
 * while it has what it can use.
 */
export function waitingText(
  status: StudyStatus,
  trans: ITranslation
): string | null {
  if (hasEnded(status)) {
    return null;
  }
  const { queue_position: place, waiting_since: since } = status;
  if (since !== null) {
    return trans.__(
      'Waiting for workers since %1: %2.',
      new Date(since).toLocaleTimeString(),
      status.waiting_for ?? trans.__('all workers are busy')
    );
  }
  if (place !== null) {
    return trans.__('Number %1 in the queue for more workers.', place);
  }
  return status.status === 'queued'
    ? trans.__('Waiting for its process to begin.')
    : null;
}

/**
 * What a worker is at.
 */
export function taskText(line: WorkerLine, trans: ITranslation): string {
  const name = line.experiment ?? '';
  const fold = line.fold ?? 0;
  switch (line.what) {
    case null:
      return trans.__('waits for work');
    case 'another study':
      return trans.__('works for another study');
    case 'final fit':
      return trans.__('%1: final fit', name);
    case 'audit':
      return trans.__('%1: audit', name);
  }
  if (line.trial === null) {
    return trans.__('%1: fold %2', name, fold);
  }
  if (line.inside === null) {
    return trans.__('%1: trial %2, fold %3', name, line.trial, fold);
  }
  return line.inside === 0
    ? trans.__(
        '%1: trial %2, fold %3 before the final test',
        name,
        line.trial,
        fold
      )
    : trans.__(
        '%1: trial %2, fold %3 inside fold %4',
        name,
        line.trial,
        fold,
        line.inside
      );
}

/**
 * The time that is left, as far as it is known.
 */
export function leftText(
  seconds: number | null,
  trans: ITranslation
): string | null {
  return seconds === null
    ? null
    : trans.__('about %1 left', formatDuration(seconds));
}

/**
 * Whether a worker does something for this study.
 */
export function isBusy(line: WorkerLine): boolean {
  return line.what !== null && line.what !== 'another study';
}

function rateText(rate: number, trans: ITranslation): string {
  const short = (value: number): number => Number(value.toPrecision(2));
  if (rate >= 1) {
    return trans.__('%1 fits/s', short(rate));
  }
  return rate * 60 >= 1
    ? trans.__('%1 fits/min', short(rate * 60))
    : trans.__('%1 fits/h', short(rate * 3600));
}
