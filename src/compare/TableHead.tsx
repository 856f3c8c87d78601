import type { IColumn, ISorting } from './table';
import { columnTitle } from './titles';
import type { ITranslation } from './translation';

/**
 * The properties of the table's head.
 */
export interface ITableHeadProps {
  columns: IColumn[];
  sorting: ISorting;
  onSort: (sorting: ISorting) => void;
  trans: ITranslation;
}

/**
 * Headers that sort; the state of a header is read out by screen readers.
 */
export function TableHead(props: ITableHeadProps): JSX.Element {
  const { columns, sorting, onSort, trans } = props;
  return (
    <thead>
      <tr>
        <th scope="col" className="jp-TsmlCompare-check">
          <span className="jp-TsmlCompare-hidden">
            {trans.__('In the charts')}
          </span>
        </th>
        <th scope="col">{trans.__('Experiment')}</th>
        {columns.map(column => {
          const active = sorting.column === column.id;
          const order = sorting.descending ? 'descending' : 'ascending';
          const arrow = sorting.descending ? '↓' : '↑';
          const { title, hint } = columnTitle(column, trans);
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={active ? order : 'none'}
              className={column.numeric ? 'jp-mod-number' : ''}
            >
              <button
                type="button"
                className="jp-TsmlCompare-sort"
                title={hint}
                onClick={() =>
                  onSort({
                    column: column.id,
                    descending: active && !sorting.descending
                  })
                }
              >
                {title} <span aria-hidden="true">{active ? arrow : ''}</span>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
