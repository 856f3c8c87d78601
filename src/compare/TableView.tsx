import * as React from 'react';
import type { Comparison, ComparisonRow } from '../wire';
import { AuditBadge } from './AuditView';
import { formatNumber } from './format';
import { RowDetail } from './RowDetail';
import {
  columnsOf,
  filterRows,
  sortRows,
  visibleColumns,
  type IColumn,
  type ISorting
} from './table';
import { TableHead } from './TableHead';
import { columnTitle } from './titles';
import { Tools } from './Tools';
import type { ITranslation } from './translation';

/**
 * The properties of the table.
 */
export interface ITableViewProps {
  comparison: Comparison;
  selected: ReadonlySet<string>;
  onSelect: (runId: string, selected: boolean) => void;
  onSchedule?: (runId: string) => void;
  trans: ITranslation;
}

/**
 * One row an experiment: sort, filter, choose columns, unfold to the folds.
 */
export function TableView(props: ITableViewProps): JSX.Element {
  const { comparison, trans } = props;
  const columns = React.useMemo(() => columnsOf(comparison), [comparison]);
  const deciding = `cv:${comparison.metric}`;
  const [sorting, setSorting] = React.useState<ISorting>({
    column: deciding,
    descending: comparison.greater_is_better
  });
  const [query, setQuery] = React.useState('');
  const [onlyDiffering, setOnlyDiffering] = React.useState(true);
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(
    () =>
      new Set(columns.filter(column => column.chosen).map(column => column.id))
  );
  const visible = visibleColumns(
    columns,
    comparison.rows,
    chosen,
    onlyDiffering
  );
  const rows = sortRows(
    filterRows(comparison.rows, columns, query),
    columns.find(column => column.id === sorting.column),
    sorting.descending
  );
  return (
    <>
      <Tools
        columns={columns}
        chosen={chosen}
        onChoose={setChosen}
        query={query}
        onQuery={setQuery}
        onlyDiffering={onlyDiffering}
        onOnlyDiffering={setOnlyDiffering}
        trans={trans}
      />
      <div
        className="jp-TsmlCompare-scroll"
        tabIndex={0}
        role="region"
        aria-label={trans.__('Compared runs')}
      >
        <table className="jp-TsmlCompare-table">
          <TableHead
            columns={visible}
            sorting={sorting}
            onSort={setSorting}
            trans={trans}
          />
          <tbody>
            {rows.map(row => (
              <Row
                key={row.run.run_id}
                {...props}
                row={row}
                columns={visible}
                best={row.run.run_id === comparison.best}
              />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0 && (
        <p className="jp-TsmlCompare-empty">
          {trans.__('No run fits the filter.')}
        </p>
      )}
    </>
  );
}

interface IRowProps extends ITableViewProps {
  row: ComparisonRow;
  columns: IColumn[];
  best: boolean;
}

function Row(props: IRowProps): JSX.Element {
  const { row, columns, best, comparison, selected, onSelect, trans } = props;
  const [open, setOpen] = React.useState(false);
  const id = row.run.run_id;
  return (
    <>
      <tr
        className={
          best ? 'jp-TsmlCompare-row jp-mod-best' : 'jp-TsmlCompare-row'
        }
      >
        <td className="jp-TsmlCompare-check">
          <input
            type="checkbox"
            checked={selected.has(id)}
            onChange={event => onSelect(id, event.target.checked)}
            aria-label={trans.__('Show %1 in the charts', row.label)}
          />
        </td>
        <th scope="row">
          <button
            type="button"
            className="jp-TsmlCompare-fold"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            title={trans.__('Folds, baselines and parameters')}
          >
            <span aria-hidden="true">{open ? '▾' : '▸'}</span> {row.label}
          </button>
          <Badges row={row} best={best} trans={trans} />
        </th>
        {columns.map(column => (
          <td
            key={column.id}
            className={column.numeric ? 'jp-mod-number' : ''}
            title={columnTitle(column, trans).hint}
          >
            {column.text(row)}
          </td>
        ))}
      </tr>
      {open && (
        <tr>
          <td colSpan={columns.length + 2}>
            <RowDetail
              row={row}
              comparison={comparison}
              onSchedule={props.onSchedule}
              trans={trans}
            />
          </td>
        </tr>
      )}
    </>
  );
}

/**
 * Whether a run is worse on the shared test rows than the one that errs least there, by more than luck.
 */
function Significance(props: {
  row: ComparisonRow;
  trans: ITranslation;
}): JSX.Element | null {
  const { row, trans } = props;
  const tested = row.significance;
  if (!tested || tested.verdict === 'best') {
    return null;
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

function Badges(props: {
  row: ComparisonRow;
  best: boolean;
  trans: ITranslation;
}): JSX.Element {
  const { row, best, trans } = props;
  return (
    <>
      {best && (
        <span
          className="jp-TsmlBadge jp-mod-best"
          title={trans.__(
            'The best mean over the folds of the runs whose audit did not fail'
          )}
        >
          {trans.__('best')}
        </span>
      )}
      {row.run.status !== 'finished' && (
        <span
          className="jp-TsmlBadge jp-mod-warn"
          title={row.run.error ?? undefined}
        >
          {row.run.status}
        </span>
      )}
      <Significance row={row} trans={trans} />
      <AuditBadge audit={row.audit} trans={trans} />
      {row.run.beats_baselines === false && (
        <span
          className="jp-TsmlBadge jp-mod-warn"
          title={trans.__(
            'A naive forecast is as good or better on the final test.'
          )}
        >
          {trans.__('naive not beaten')}
        </span>
      )}
    </>
  );
}
