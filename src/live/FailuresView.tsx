import { formatValue } from '../compare/format';
import type { ITranslation } from '../compare/translation';
import type { TrialFinished } from '../wire';
import { Section } from './Section';

/**
 * The first trial that failed in some way, and how many of its experiment did.
 */
export type IFailure = Pick<TrialFinished, 'experiment' | 'trial'> & {
  readonly times: number;
};

/**
 * Why trials failed; each failure unfolds to the trial's parameters and the last lines that the fit printed.
 */
export function FailuresView(props: {
  failures: readonly IFailure[];
  trans: ITranslation;
}): JSX.Element | null {
  const { failures, trans } = props;
  if (failures.length === 0) {
    return null;
  }
  const count = failures.reduce((sum, { times }) => sum + times, 0);
  return (
    <Section
      open={failures.length < 4}
      title={trans.__('Failures')}
      note={trans._n('%1 trial', '%1 trials', count)}
    >
      <ul className="jp-TsmlLive-failures">
        {failures.map(failure => (
          <li key={`${failure.experiment}/${failure.trial.number}`}>
            <Failure failure={failure} trans={trans} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Failure(props: {
  failure: IFailure;
  trans: ITranslation;
}): JSX.Element {
  const { failure, trans } = props;
  const { experiment, trial, times } = failure;
  const params = Object.entries(trial.params).map(
    ([name, value]) => `${name}: ${formatValue(value)}`
  );
  const place = trans.__('%1, trial %2', experiment, trial.number);
  return (
    <details>
      <summary>
        <strong>
          {times > 1
            ? trans._n(
                '%2 and %1 more like it',
                '%2 and %1 more like it',
                times - 1,
                place
              )
            : place}
        </strong>{' '}
        {trial.error}
      </summary>
      <pre tabIndex={0}>
        {[
          ...params,
          ...(trial.log
            ? ['', trial.log]
            : ['', trans.__('The fit has printed nothing.')])
        ].join('\n')}
      </pre>
    </details>
  );
}
