import type { AuditCheck, AuditReport } from '../wire';

/** The order in which verdicts are shown: the worst first. */
const WORST_FIRST = ['failed', 'warned', 'not verified', 'clean'] as const;

/**
 * The checks of an audit that ask for attention: not clean, and not the one of the naive forecast, which has a badge of its own.
 */
export function findings(report: AuditReport | null): AuditCheck[] {
  const found = (report?.checks ?? []).filter(
    check => check.verdict !== 'clean' && check.name !== 'baseline'
  );
  return bySeverity(found);
}

/**
 * Checks with the worst verdicts first.
 */
export function bySeverity(checks: readonly AuditCheck[]): AuditCheck[] {
  const rank = (check: AuditCheck): number =>
    WORST_FIRST.indexOf(check.verdict);
  return [...checks].sort((one, other) => rank(one) - rank(other));
}

/**
 * Where a check found something: feature, entity and date, as far as it has a place.
 */
export function placeOf(check: AuditCheck): string {
  return [check.feature, check.entity, check.date].filter(Boolean).join(', ');
}
