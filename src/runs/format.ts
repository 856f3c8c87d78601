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
