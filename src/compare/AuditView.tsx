import type { AuditReport } from '../wire';
import { bySeverity, findings, placeOf } from './audit';
import type { ITranslation } from './translation';

/**
 * Whether the audit found a leak, or something near one; nothing where it is clean or was switched off.
 */
export function AuditBadge(props: {
  audit: AuditReport | null;
  trans: ITranslation;
}): JSX.Element | null {
  const { audit, trans } = props;
  const [worst] = findings(audit);
  if (!worst || worst.verdict === 'not verified') {
    return null;
  }
  const failed = worst.verdict === 'failed';
  const found = `${worst.name}: ${worst.detail}`;
  return (
    <span
      className={`jp-TsmlBadge ${failed ? 'jp-mod-error' : 'jp-mod-warn'}`}
      title={
        failed
          ? trans.__('Not counted as the best, and sorted last: %1', found)
          : found
      }
    >
      {failed ? trans.__('audit failed') : trans.__('audit warned')}
    </span>
  );
}

/**
 * Every check of the audit with its verdict, what it says and where.
 */
export function AuditTable(props: {
  audit: AuditReport;
  trans: ITranslation;
}): JSX.Element {
  const { audit, trans } = props;
  return (
    <table className="jp-TsmlCompare-audit">
      <thead>
        <tr>
          <th scope="col">{trans.__('Audit')}</th>
          <th scope="col">{trans.__('Verdict')}</th>
          <th scope="col">{trans.__('What it says')}</th>
          <th scope="col">{trans.__('Where')}</th>
        </tr>
      </thead>
      <tbody>
        {bySeverity(audit.checks).map(check => (
          <tr
            key={`${check.name} ${check.detail}`}
            data-verdict={check.verdict}
          >
            <th scope="row">{check.name}</th>
            <td>{check.verdict}</td>
            <td>{check.detail}</td>
            <td>{placeOf(check)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
