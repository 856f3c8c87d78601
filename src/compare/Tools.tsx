import type { ColumnGroup, IColumn } from './table';
import { columnTitle, groupTitle } from './titles';
import type { ITranslation } from './translation';

/**
 * The properties of the tools above the table.
 */
export interface IToolsProps {
  columns: IColumn[];
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
  query: string;
  onQuery: (query: string) => void;
  onlyDiffering: boolean;
  onOnlyDiffering: (only: boolean) => void;
  trans: ITranslation;
}

const GROUPS: readonly ColumnGroup[] = [
  'cv',
  'test',
  'naive',
  'variant',
  'param',
  'run'
];

/**
 * Filter, "only what differs" and the choice of columns.
 */
export function Tools(props: IToolsProps): JSX.Element {
  const { trans } = props;
  return (
    <div className="jp-TsmlCompare-tools">
      <input
        type="search"
        className="jp-TsmlCompare-filter"
        value={props.query}
        placeholder={trans.__('Filter, such as ridge alpha=1')}
        aria-label={trans.__('Filter the runs')}
        onChange={event => props.onQuery(event.target.value)}
      />
      <label className="jp-TsmlCompare-option">
        <input
          type="checkbox"
          checked={props.onlyDiffering}
          onChange={event => props.onOnlyDiffering(event.target.checked)}
        />
        {trans.__('Only what differs')}
      </label>
      <details className="jp-TsmlCompare-menu">
        <summary>{trans.__('Columns')}</summary>
        <div className="jp-TsmlCompare-choices">
          {GROUPS.map(group => (
            <Group key={group} {...props} group={group} />
          ))}
        </div>
      </details>
    </div>
  );
}

function Group(
  props: IToolsProps & { group: ColumnGroup }
): JSX.Element | null {
  const { group, chosen, onChoose, trans } = props;
  const columns = props.columns.filter(column => column.group === group);
  const choose = (id: string, on: boolean): void => {
    const next = new Set(chosen);
    if (on) {
      next.add(id);
    } else {
      next.delete(id);
    }
    onChoose(next);
  };
  return columns.length === 0 ? null : (
    <fieldset>
      <legend>{groupTitle(group, trans)}</legend>
      {columns.map(column => (
        <label key={column.id} className="jp-TsmlCompare-option">
          <input
            type="checkbox"
            checked={chosen.has(column.id)}
            onChange={event => choose(column.id, event.target.checked)}
          />
          {columnTitle(column, trans).title}
        </label>
      ))}
    </fieldset>
  );
}
