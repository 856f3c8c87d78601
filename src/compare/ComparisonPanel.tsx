import * as React from 'react';
import type { Comparison, ForecastPanel } from '../wire';
import { drawable, type INamedFront } from './front';
import { FrontView } from './FrontView';
import { ForecastView, type IForecastRequest } from './ForecastView';
import { ParallelView } from './ParallelView';
import { SpecDiff } from './SpecDiff';
import { sortRows, columnsOf } from './table';
import { TableView } from './TableView';
import { TabBar } from './TabBar';
import { english, type ITranslation } from './translation';

/**
 * The properties of the comparison panel.
 */
export interface IComparisonPanelProps {
  /** What is compared. */
  comparison: Comparison;
  /** Fetches the forecasts of another series or part; without it there is no choice. */
  onRequest?: (request: IForecastRequest) => Promise<ForecastPanel>;
  /** Opens whatever schedules a run; without it there is no such button. */
  onSchedule?: (runId: string) => void;
  /** The translator; English by default. */
  trans?: ITranslation;
}

const SHOWN_AT_FIRST = 5;

/**
 * Runs beside each other: a table, parallel coordinates, forecasts over the actual values, and what differs in the documents.
 */
export function ComparisonPanel(props: IComparisonPanelProps): JSX.Element {
  const { comparison, onRequest, onSchedule } = props;
  const trans = props.trans ?? english;
  const order = React.useMemo(() => bestFirst(comparison), [comparison]);
  const [selected, setSelected] = React.useState<ReadonlySet<string>>(
    () => new Set(order.slice(0, SHOWN_AT_FIRST))
  );
  React.useEffect(
    () => setSelected(new Set(order.slice(0, SHOWN_AT_FIRST))),
    [order]
  );
  const select = (runId: string, on: boolean): void => {
    const next = new Set(selected);
    if (on) {
      next.add(runId);
    } else {
      next.delete(runId);
    }
    setSelected(next);
  };
  const fronts = React.useMemo(
    () => frontsOf(comparison, order),
    [comparison, order]
  );
  const shared = { comparison, order, selected, onSelect: select, trans };
  const views = [
    {
      id: 'table',
      title: trans.__('Table'),
      view: <TableView {...shared} onSchedule={onSchedule} />
    },
    {
      id: 'parallel',
      title: trans.__('Parallel coordinates'),
      view: (
        <ParallelView
          {...shared}
          onSelectOnly={ids => setSelected(new Set(ids))}
        />
      )
    },
    ...(drawable(fronts).length > 0
      ? [
          {
            id: 'front',
            title: trans.__('Front'),
            view: (
              <Fronts
                fronts={fronts.filter(({ id }) => selected.has(id))}
                trans={trans}
              />
            )
          }
        ]
      : []),
    {
      id: 'forecasts',
      title: trans.__('Forecasts'),
      view: <ForecastView {...shared} onRequest={onRequest} />
    },
    {
      id: 'documents',
      title: trans.__('Documents'),
      view: <SpecDiff {...shared} />
    }
  ];
  return (
    <section
      className="jp-TsmlCompare"
      aria-label={trans.__('Comparison of runs')}
    >
      <Header comparison={comparison} trans={trans} />
      <TabBar views={views} label={trans.__('Views')} />
    </section>
  );
}

function Header(props: {
  comparison: Comparison;
  trans: ITranslation;
}): JSX.Element {
  const { comparison, trans } = props;
  const folds = comparison.rows.map(
    row => row.cv[comparison.metric]?.folds.length ?? 0
  );
  const counts = [...new Set(folds.filter(count => count > 0))].sort(
    (a, b) => a - b
  );
  return (
    <header className="jp-TsmlCompare-header">
      <p>
        {trans._n('%1 run', '%1 runs', comparison.rows.length)}
        {' · '}
        {comparison.greater_is_better
          ? trans.__('by %1, greater is better', comparison.metric)
          : trans.__('by %1, smaller is better', comparison.metric)}
        {counts.length > 0 && ` · ${trans.__('%1 folds', counts.join(', '))}`}
      </p>
      {!comparison.same_data && (
        <p className="jp-TsmlCompare-warning" role="note">
          {trans.__(
            'These runs were made from different data; their scores can’t be compared directly.'
          )}
        </p>
      )}
      {comparison.notes.map(note => (
        <p key={note} className="jp-TsmlCompare-note">
          {note}
        </p>
      ))}
    </header>
  );
}

function Fronts(props: {
  fronts: INamedFront[];
  trans: ITranslation;
}): JSX.Element {
  const { fronts, trans } = props;
  return drawable(fronts).length > 0 ? (
    <FrontView fronts={fronts} trans={trans} />
  ) : (
    <p className="jp-TsmlCompare-empty">
      {trans.__('None of the runs that are ticked in the table has a front.')}
    </p>
  );
}

function frontsOf(
  comparison: Comparison,
  order: readonly string[]
): INamedFront[] {
  return comparison.rows.flatMap(({ run, label, front }) =>
    front
      ? [{ id: run.run_id, label, color: order.indexOf(run.run_id), front }]
      : []
  );
}

/** The run ids, the best score first: it decides the colours, so that they stay when the table is sorted. */
function bestFirst(comparison: Comparison): string[] {
  const column = columnsOf(comparison).find(
    item => item.id === `cv:${comparison.metric}`
  );
  return sortRows(comparison.rows, column, comparison.greater_is_better).map(
    row => row.run.run_id
  );
}
