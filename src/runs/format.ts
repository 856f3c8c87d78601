import type { TranslationBundle } from '@jupyterlab/translation';

/**
 * A score with four significant digits; thousands are grouped.
 */
export function score(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  return value.toLocaleString(undefined, { maximumSignificantDigits: 4 });
}

/**
 * Seconds as the two largest units: `2 h 5 min`.
 */
export function duration(seconds: number, trans: TranslationBundle): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) {
    return trans.__('%1 s', whole);
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return trans.__('%1 min %2 s', minutes, whole % 60);
  }
  return trans.__('%1 h %2 min', Math.floor(minutes / 60), minutes % 60);
}

/**
 * A time in the zone and the words of the person.
 */
export function moment(time: string | null): string {
  const parsed = time ? new Date(time) : null;
  if (!parsed || Number.isNaN(parsed.getTime())) {
    return '';
  }
  return parsed.toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short'
  });
}

/**
 * A time as the clock of its own zone shows it: `2026-11-24 16:30`.
 */
export function wallTime(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/**
 * The word for a status.
 */
export function statusWord(status: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    queued: trans.__('queued'),
    running: trans.__('running'),
    finished: trans.__('finished'),
    failed: trans.__('failed'),
    stopped: trans.__('stopped')
  };
  return words[status] ?? status;
}
