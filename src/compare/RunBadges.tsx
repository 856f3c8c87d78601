import type { ITranslation } from './translation';

/**
 * Says that a run leads.
 */
export function BestBadge(props: {
  title?: string;
  trans: ITranslation;
}): JSX.Element {
  return (
    <span className="jp-TsmlBadge jp-mod-best" title={props.title}>
      {props.trans.__('best')}
    </span>
  );
}

/**
 * Says that a run is not better than the naive forecast.
 */
export function NaiveBadge(props: { trans: ITranslation }): JSX.Element {
  const { trans } = props;
  return (
    <span
      className="jp-TsmlBadge jp-mod-warn"
      title={trans.__(
        'A naive forecast is as good or better on the final test.'
      )}
    >
      {trans.__('naive not beaten')}
    </span>
  );
}

/**
 * Says that the audit found a leak in a run.
 */
export function AuditFailedBadge(props: { trans: ITranslation }): JSX.Element {
  const { trans } = props;
  return (
    <span
      className="jp-TsmlBadge jp-mod-error"
      title={trans.__(
        'The audit found that the future leaks into it, so that it is not counted as the best.'
      )}
    >
      {trans.__('audit failed')}
    </span>
  );
}
