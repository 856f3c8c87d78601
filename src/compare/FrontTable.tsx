import { formatNumber, formatValue } from './format';
import { differingParams, dotKey, type INamedFront } from './front';
import { seriesColor } from './palette';
import type { ITranslation } from './translation';

/**
 * The properties of the table.
 */
export interface IFrontTableProps {
  fronts: readonly INamedFront[];
  metrics: readonly string[];
  marked: string | null;
  pinned: string | null;
  onMark: (key: string | null) => void;
  onPin: (key: string) => void;
  trans: ITranslation;
}

/**
 * The trials of the fronts with their scores and the arguments in which they differ; a row marks its point in the picture.
 */
export function FrontTable(props: IFrontTableProps): JSX.Element {
  const { fronts, metrics, marked, pinned, onMark, onPin, trans } = props;
  const params = differingParams(fronts);
  return (
    <div
      className="jp-TsmlFront-scroll"
      tabIndex={0}
      role="region"
      aria-label={trans.__('Trials of the front')}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__('Trial')}</th>
            {metrics.map(name => (
              <th
                key={name}
                scope="col"
                className="jp-mod-number"
                title={trans.__('Mean over the validation folds')}
              >
                {name}
              </th>
            ))}
            {params.map(name => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fronts.flatMap(({ id, label, color, front }) =>
            front.points.map(point => {
              const key = dotKey(id, point.number);
              return (
                <tr
                  key={key}
                  className={key === marked ? 'jp-mod-marked' : ''}
                  onPointerEnter={() => onMark(key)}
                  onPointerLeave={() => onMark(null)}
                >
                  <th scope="row">
                    <button
                      type="button"
                      aria-pressed={key === pinned}
                      title={trans.__('Mark it in the picture')}
                      onClick={() => onPin(key)}
                      onFocus={() => onMark(key)}
                      onBlur={() => onMark(null)}
                    >
                      <span
                        className="jp-TsmlFront-swatch"
                        aria-hidden="true"
                        style={{ background: seriesColor(color) }}
                      />
                      {fronts.length > 1
                        ? trans.__('%1, trial %2', label, point.number)
                        : trans.__('Trial %1', point.number)}
                    </button>
                    {point.number === front.tested && (
                      <span
                        className="jp-TsmlBadge jp-mod-best"
                        title={trans.__(
                          'The best by the metric that decides: it is refitted and tested'
                        )}
                      >
                        {trans.__('chosen')}
                      </span>
                    )}
                  </th>
                  {metrics.map(name => (
                    <td key={name} className="jp-mod-number">
                      {formatNumber(point.scores[name])}
                    </td>
                  ))}
                  {params.map(name => (
                    <td key={name}>{formatValue(point.params[name])}</td>
                  ))}
                </tr>
              );
            })
          )}
        </tbody>
      </table>
    </div>
  );
}
