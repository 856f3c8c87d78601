import * as React from 'react';
import type { Comparison, ComparisonRow } from '../wire';
import { Badges } from './Badges';
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
