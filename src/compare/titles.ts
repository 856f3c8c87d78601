import type { ColumnGroup, IColumn } from './table';
import type { ITranslation } from './translation';

/**
 * How a column is headed, and what it means.
 */
export function columnTitle(
  column: IColumn,
  trans: ITranslation
): { title: string; hint: string } {
  const { name } = column;
  switch (column.group) {
    case 'cv':
      return {
        title: trans.__('%1, folds', name),
        hint: trans.__(
          '%1: mean ± deviation over the validation folds; runs whose audit failed are sorted last',
          name
        )
      };
    case 'test':
      return {
        title: trans.__('%1, test', name),
        hint: trans.__('%1 on the final test, which was used once', name)
      };
    case 'naive':
      return {
        title: trans.__('%1, best naive', name),
        hint: trans.__('%1 of the best naive forecast on the final test', name)
      };
    case 'variant':
      return { title: name, hint: trans.__('Variant of %1', name) };
    case 'param':
      return { title: name, hint: trans.__('Parameter %1', name) };
    default:
      return { title: runTitle(name, trans), hint: runTitle(name, trans) };
  }
}

/**
 * The heading of a group of columns in the column menu.
 */
export function groupTitle(group: ColumnGroup, trans: ITranslation): string {
  const titles: Record<ColumnGroup, string> = {
    cv: trans.__('Scores over the folds'),
    test: trans.__('Scores on the final test'),
    naive: trans.__('Naive forecasts'),
    variant: trans.__('Variants'),
    param: trans.__('Parameters'),
    run: trans.__('Run')
  };
  return titles[group];
}

function runTitle(name: string, trans: ITranslation): string {
  const titles: Record<string, string> = {
    model: trans.__('Model'),
    trials: trans.__('Trials'),
    took: trans.__('Took'),
    started: trans.__('Started (UTC)'),
    user: trans.__('User'),
    study: trans.__('Study')
  };
  return titles[name] ?? name;
}
