import type { AuditCheck, AuditReport } from '../../wire';
import { bySeverity, findings, placeOf } from '../audit';

function check(
  name: string,
  verdict: AuditCheck['verdict'],
  more: Partial<AuditCheck> = {}
): AuditCheck {
  return {
    name,
    verdict,
    detail: 'said',
    feature: null,
    entity: null,
    date: null,
    ...more
  };
}

const REPORT: AuditReport = {
  verdict: 'failed',
  seconds: 1,
  checks: [
    check('labels', 'clean'),
    check('baseline', 'warned'),
    check('shuffle', 'warned'),
    check('future', 'failed', { feature: 'x_lag_1', date: '2020-01-02' })
  ]
};

describe('the audit of a run', () => {
  it('names what asks for attention, the worst first, and leaves the naive forecast to its own badge', () => {
    expect(findings(REPORT).map(one => one.name)).toEqual([
      'future',
      'shuffle'
    ]);
  });

  it('has nothing to say where it was switched off', () => {
    expect(findings(null)).toEqual([]);
  });

  it('lists every check, the worst first', () => {
    expect(bySeverity(REPORT.checks).map(one => one.verdict)).toEqual([
      'failed',
      'warned',
      'warned',
      'clean'
    ]);
  });

  it('says where, as far as there is a place', () => {
    expect(placeOf(check('future', 'failed'))).toBe('');
    expect(findings(REPORT).map(placeOf)[0]).toBe('x_lag_1, 2020-01-02');
  });
});
