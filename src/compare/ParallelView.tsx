import * as React from 'react';
import type { Comparison } from '../wire';
import { Chart } from './Chart';
import type { ECharts } from './echarts';
import type { IPalette } from './palette';
import { axesOf, parallelLines } from './parallel';
import { AXIS_WIDTH, parallelOption } from './parallelOption';
import type { ITranslation } from './translation';

/**
 * The properties of the parallel coordinates.
 */
export interface IParallelViewProps {
  comparison: Comparison;
  order: readonly string[];
  selected: ReadonlySet<string>;
  onSelectOnly: (runIds: readonly string[]) => void;
  trans: ITranslation;
}

/**
 * What differs between the runs and what came out, one line a run; drag along an axis to pick runs.
 */
export function ParallelView(props: IParallelViewProps): JSX.Element {
  const { comparison, order, selected, onSelectOnly, trans } = props;
  const axes = React.useMemo(() => axesOf(comparison), [comparison]);
  const lines = React.useMemo(
    () => parallelLines(comparison, axes),
    [comparison, axes]
  );
  const [picked, setPicked] = React.useState<readonly string[] | null>(null);
  const build = React.useCallback(
    (palette: IPalette) =>
      parallelOption(axes, lines, order, selected, palette, trans),
    [axes, lines, order, selected, trans]
  );
  const listen = React.useCallback(
    (chart: ECharts) => {
      chart.off('axisareaselected');
      chart.on('axisareaselected', () => setPicked(pickedBy(chart, lines)));
    },
    [lines]
  );
  if (lines.length < 2 || axes.length < 2) {
    return (
      <p className="jp-TsmlCompare-empty">
        {trans.__(
          'Parallel coordinates need two runs with scores that differ in something.'
        )}
      </p>
    );
  }
  return (
    <>
      <p className="jp-TsmlCompare-note">
        {trans.__(
          'Drag along an axis to pick runs; click the axis to end that.'
        )}{' '}
        {picked && (
          <>
            {trans.__('%1 of %2 runs picked.', picked.length, lines.length)}{' '}
            <button
              type="button"
              className="jp-TsmlButton"
              onClick={() => onSelectOnly(picked)}
            >
              {trans.__('Show only these in the charts')}
            </button>
          </>
        )}
      </p>
      <div
        className="jp-TsmlCompare-scroll"
        tabIndex={0}
        role="region"
        aria-label={trans.__('Parallel coordinates')}
      >
        <div style={{ minWidth: AXIS_WIDTH * axes.length }}>
          <Chart
            build={build}
            height={360}
            onReady={listen}
            label={trans.__(
              'Parallel coordinates of %1 runs; the table holds the same values.',
              lines.length
            )}
          />
        </div>
      </div>
    </>
  );
}

interface ISeriesReader {
  getModel(): {
    getSeriesByIndex(index: number): {
      getRawIndicesByActiveState(state: string): number[];
    };
  };
}

/** The runs inside all brushes, or nothing when there is no brush. */
function pickedBy(
  chart: ECharts,
  lines: readonly { runId: string }[]
): readonly string[] | null {
  const series = (chart as unknown as ISeriesReader)
    .getModel()
    .getSeriesByIndex(0);
  const active = series.getRawIndicesByActiveState('active');
  const normal = series.getRawIndicesByActiveState('normal');
  return normal.length === lines.length
    ? null
    : active.flatMap(index => lines[index]?.runId ?? []);
}
