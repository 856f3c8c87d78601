import type { ComparisonRow } from '../wire';
import { AuditBadge } from './AuditView';
import { formatNumber } from './format';
import { BestBadge, NaiveBadge } from './RunBadges';
import type { ITranslation } from './translation';

/**
 * What is to be known of a run before its scores are believed.
 */
export function Badges(props: {
  row: ComparisonRow;
  best: boolean;
  trans: ITranslation;
}): JSX.Element {
  const { row, best, trans } = props;
  return (
    <>
      {best && (
        <BestBadge
          title={trans.__(
            'The best mean over the folds of the runs whose audit did not fail'
          )}
          trans={trans}
        />
      )}
      {row.run.status !== 'finished' && (
        <span
          className="jp-TsmlBadge jp-mod-warn"
          title={row.run.error ?? undefined}
        >
          {row.run.status}
        </span>
      )}
      <Significance row={row} best={best} trans={trans} />
      <AuditBadge audit={row.audit} trans={trans} />
      {row.run.beats_baselines === false && <NaiveBadge trans={trans} />}
    </>
  );
}

/**
 * Whether a run is worse on the shared test rows than the one that errs least there, by more than luck.
 */
function Significance(props: {
  row: ComparisonRow;
  best: boolean;
  trans: ITranslation;
}): JSX.Element | null {
  const { row, best, trans } = props;
  const tested = row.significance;
  if (!tested || (tested.verdict === 'best' && best)) {
    return null;
  }
  if (tested.verdict === 'best') {
    return (
      <span
        className="jp-TsmlBadge"
        title={trans.__(
          'Of the runs that are tested against each other it has the smallest mean loss on the test rows; the best one is chosen by the folds, never by the test.'
        )}
      >
        {trans.__('least error on the test')}
      </span>
    );
  }
  const worse = tested.verdict === 'worse';
  const hint = trans.__(
    'Diebold-Mariano test on the test rows against the run that errs least there, corrected for the number of runs: p = %1; its mean loss is %2 greater (95 %: %3 to %4).',
    formatNumber(tested.p_value),
    formatNumber(tested.difference),
    formatNumber(tested.lower),
    formatNumber(tested.upper)
  );
  return (
    <span className={`jp-TsmlBadge${worse ? ' jp-mod-warn' : ''}`} title={hint}>
      {worse
        ? trans.__('significantly worse on the test')
        : trans.__('not significantly worse on the test')}
    </span>
  );
}
