import * as React from 'react';
import type { Comparison, ForecastPanel } from '../wire';
import { Chart } from './Chart';
import { forecastLines, spanOf } from './forecast';
import { forecastOption } from './forecastOption';
import { lineStyle, readPalette, watchTheme, type IPalette } from './palette';
import type { ITranslation } from './translation';

/**
 * What the host is asked for: the forecasts of an entity, of the final test or out of the folds.
 */
export interface IForecastRequest {
  entity: string | null;
  part: 'test' | 'cv';
}

/**
 * The properties of the forecasts.
 */
export interface IForecastViewProps {
  comparison: Comparison;
  order: readonly string[];
  selected: ReadonlySet<string>;
  onSelect: (runId: string, selected: boolean) => void;
  onRequest?: (request: IForecastRequest) => Promise<ForecastPanel>;
  trans: ITranslation;
}

/**
 * The forecasts of the selected runs laid over the actual values.
 */
export function ForecastView(props: IForecastViewProps): JSX.Element {
  const { comparison, order, selected, trans } = props;
  const { panel, problem, ask, waiting } = useForecast(props);
  const [residuals, setResiduals] = React.useState(false);
  const build = React.useCallback(
    (palette: IPalette) =>
      panel
        ? forecastOption(
            panel,
            forecastLines(panel, selected),
            order,
            residuals,
            palette,
            trans
          )
        : {},
    [panel, selected, order, residuals, trans]
  );
  if (!panel) {
    return (
      <p className="jp-TsmlCompare-empty">
        {problem ?? trans.__('These runs have no recorded predictions.')}
      </p>
    );
  }
  const span = spanOf(panel);
  return (
    <>
      <div className="jp-TsmlCompare-tools">
        {panel.entities.length > 0 && (
          <EntityPicker
            panel={panel}
            ask={ask}
            disabled={!props.onRequest}
            trans={trans}
          />
        )}
        <label className="jp-TsmlCompare-option">
          {trans.__('Part')}{' '}
          <select
            value={panel.part}
            disabled={!props.onRequest}
            onChange={event =>
              ask({
                entity: panel.entity,
                part: event.target.value === 'cv' ? 'cv' : 'test'
              })
            }
          >
            <option value="test">{trans.__('final test')}</option>
            <option value="cv">{trans.__('validation folds')}</option>
          </select>
        </label>
        <label className="jp-TsmlCompare-option">
          <input
            type="checkbox"
            checked={residuals}
            onChange={event => setResiduals(event.target.checked)}
          />
          {trans.__('Residuals')}
        </label>
        {waiting && <span role="status">{trans.__('Loading…')}</span>}
      </div>
      {problem && (
        <p className="jp-TsmlCompare-error" role="alert">
          {problem}
        </p>
      )}
      <RunChips {...props} panel={panel} />
      <Chart
        build={build}
        height={residuals ? 460 : 340}
        label={trans.__(
          'Forecasts of %1 runs over the actual values',
          selected.size
        )}
      />
      {span && (
        <p className="jp-TsmlCompare-note">
          {trans._n(
            '%2 to %3, one step',
            '%2 to %3, %1 steps',
            span.steps,
            span.first,
            span.last
          )}
          {panel.unit ? `; ${trans.__('unit: %1', panel.unit)}` : ''}
          {`; ${trans._n('%1 run compared', '%1 runs compared', comparison.rows.length)}`}
        </p>
      )}
    </>
  );
}

interface IForecastState {
  panel: ForecastPanel | null;
  problem: string | null;
  waiting: boolean;
  ask: (request: IForecastRequest) => void;
}

/** The panel that is shown; of answers that overtake each other, the newest question's counts. */
function useForecast(props: IForecastViewProps): IForecastState {
  const { comparison, onRequest, trans } = props;
  const [panel, setPanel] = React.useState<ForecastPanel | null>(
    comparison.forecast
  );
  const [problem, setProblem] = React.useState<string | null>(null);
  const [waiting, setWaiting] = React.useState(false);
  const newest = React.useRef(0);
  React.useEffect(() => setPanel(comparison.forecast), [comparison]);
  const ask = (request: IForecastRequest): void => {
    if (!onRequest) {
      return;
    }
    const mine = ++newest.current;
    setWaiting(true);
    onRequest(request).then(
      found => {
        if (mine === newest.current) {
          setPanel(found);
          setProblem(null);
          setWaiting(false);
        }
      },
      (error: unknown) => {
        if (mine === newest.current) {
          setProblem(
            error instanceof Error
              ? error.message
              : trans.__('The forecasts can’t be loaded.')
          );
          setWaiting(false);
        }
      }
    );
  };
  return { panel, problem, waiting, ask };
}

function EntityPicker(props: {
  panel: ForecastPanel;
  ask: (request: IForecastRequest) => void;
  disabled: boolean;
  trans: ITranslation;
}): JSX.Element {
  const { panel, ask, disabled, trans } = props;
  return (
    <label className="jp-TsmlCompare-option">
      {trans.__('Series')}{' '}
      <select
        value={panel.entity ?? ''}
        disabled={disabled}
        onChange={event =>
          ask({ entity: event.target.value, part: panel.part })
        }
      >
        {panel.entities.map(entity => (
          <option key={entity} value={entity}>
            {entity}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The legend, where each run can be taken in or out; it works with the keyboard. */
function RunChips(
  props: IForecastViewProps & { panel: ForecastPanel }
): JSX.Element {
  const { panel, order, selected, onSelect, trans } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const [palette, setPalette] = React.useState<IPalette | null>(null);
  React.useEffect(() => {
    const read = (): void =>
      setPalette(host.current && readPalette(host.current));
    read();
    return watchTheme(read);
  }, []);
  return (
    <div
      className="jp-TsmlCompare-chips"
      ref={host}
      role="group"
      aria-label={trans.__('Runs in the chart')}
    >
      <span className="jp-TsmlCompare-chip">
        <span
          className="jp-TsmlCompare-swatch"
          style={{ borderTopColor: palette?.ink }}
          aria-hidden="true"
        />
        {trans.__('actual')}
      </span>
      {panel.forecasts.map(forecast => {
        const style = palette
          ? lineStyle(palette, order.indexOf(forecast.run_id))
          : null;
        const swatch = {
          borderTopColor: style?.color,
          borderTopStyle: style?.type
        };
        return (
          <label key={forecast.run_id} className="jp-TsmlCompare-chip">
            <input
              type="checkbox"
              checked={selected.has(forecast.run_id)}
              onChange={event =>
                onSelect(forecast.run_id, event.target.checked)
              }
            />
            <span
              className="jp-TsmlCompare-swatch"
              style={swatch}
              aria-hidden="true"
            />
            {forecast.label}
          </label>
        );
      })}
    </div>
  );
}
