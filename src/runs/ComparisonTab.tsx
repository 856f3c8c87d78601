import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { errorLine, type TsmlClient } from '../api';
import type { Comparison, ForecastPanel } from '../wire';

const ComparisonPanel = React.lazy(async () => {
  const { ComparisonPanel } = await import('../compare');
  return { default: ComparisonPanel };
});

/** What a comparison is made from. */
export interface IComparisonTab {
  /** The ids of the runs; the first one is the reference. */
  runs: readonly string[];
  /** The server. */
  client: TsmlClient;
  /** Called with the id of a run to schedule. */
  onSchedule: (run: string) => void;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * Runs side by side, as the content of a main-area tab.
 */
export class ComparisonTab extends ReactWidget {
  /**
   * @param props - What the comparison is made from.
   */
  constructor(private readonly props: IComparisonTab) {
    super();
    this.addClass('jp-Tsml-comparison');
  }

  /** The ids of the runs. */
  get runs(): readonly string[] {
    return this.props.runs;
  }

  protected render(): JSX.Element {
    return <Loader {...this.props} />;
  }
}

function Loader(props: IComparisonTab): JSX.Element {
  const { client, runs, trans, onSchedule } = props;
  const [comparison, setComparison] = React.useState<Comparison | null>(null);
  const [error, setError] = React.useState('');
  React.useEffect(() => {
    let wanted = true;
    client.compare({ runs: [...runs] }).then(
      found => wanted && setComparison(found),
      (reason: unknown) => wanted && setError(errorLine(reason))
    );
    return () => {
      wanted = false;
    };
  }, [client, runs]);
  const request = React.useCallback(
    async (asked: IAsked): Promise<ForecastPanel> => {
      const found = await client.compare({ runs: [...runs], ...asked });
      if (!found.forecast) {
        throw new Error(trans.__('There are no forecasts of this series.'));
      }
      return found.forecast;
    },
    [client, runs, trans]
  );
  const waiting = <p className="jp-Tsml-empty">{trans.__('Loading…')}</p>;
  if (error) {
    return (
      <p className="jp-Tsml-empty" role="alert">
        {error}
      </p>
    );
  }
  return comparison ? (
    <React.Suspense fallback={waiting}>
      <ComparisonPanel
        comparison={comparison}
        onRequest={request}
        onSchedule={onSchedule}
        trans={trans}
      />
    </React.Suspense>
  ) : (
    waiting
  );
}

interface IAsked {
  entity?: string | null;
  part?: 'test' | 'cv';
}
