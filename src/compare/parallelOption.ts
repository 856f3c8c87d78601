import type { EChartsCoreOption } from './echarts';
import { formatTick } from './format';
import { lineStyle, type IPalette } from './palette';
import type { IAxis, IParallelLine } from './parallel';
import { columnTitle } from './titles';
import type { ITranslation } from './translation';

/** How much room an axis has at least, in CSS pixels. */
export const AXIS_WIDTH = 86;

/**
 * The drawing of the parallel coordinates: the lines of the selected runs in their colours, the others faint.
 */
export function parallelOption(
  axes: readonly IAxis[],
  lines: readonly IParallelLine[],
  order: readonly string[],
  selected: ReadonlySet<string>,
  palette: IPalette,
  trans: ITranslation
): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: palette.font },
    tooltip: {
      backgroundColor: palette.background,
      textStyle: { color: palette.ink, fontSize: 12 },
      formatter: (item: { name: string }) => escapeHtml(item.name)
    },
    parallel: {
      left: 48,
      right: 76,
      top: 46,
      bottom: 20,
      parallelAxisDefault: {
        nameTextStyle: { color: palette.ink, fontSize: 11 },
        nameTruncate: { maxWidth: AXIS_WIDTH - 6 },
        axisLine: { lineStyle: { color: palette.faint } },
        axisTick: { lineStyle: { color: palette.faint } },
        axisLabel: { color: palette.faint, fontSize: 10 },
        areaSelectStyle: {
          width: 18,
          borderColor: palette.series[0],
          color: palette.series[0],
          opacity: 0.3
        }
      }
    },
    parallelAxis: axes.map((axis, dim) => ({
      dim,
      name: columnTitle(axis.column, trans).title,
      type: axis.type,
      ...(axis.type === 'category'
        ? { data: axis.categories, axisTick: { show: false } }
        : valueAxis(
            axis,
            lines.map(line => line.values[dim] ?? null),
            trans
          ))
    })),
    series: [
      {
        type: 'parallel',
        smooth: false,
        inactiveOpacity: 0.04,
        activeOpacity: 0.9,
        emphasis: { lineStyle: { width: 4 } },
        data: lines.map(line => {
          const on = selected.has(line.runId);
          const style = lineStyle(palette, order.indexOf(line.runId));
          return {
            name: line.label,
            value: line.values.map(value => value ?? '-'),
            lineStyle: {
              color: on ? style.color : palette.faint,
              type: style.type,
              width: on ? 2.5 : 1,
              opacity: on ? 0.95 : 0.35
            }
          };
        })
      }
    ]
  };
}

/**
 * The scale of an axis of numbers; runs without a value stand at its foot, which says so, and nothing is labelled between the two.
 */
function valueAxis(
  axis: IAxis,
  values: readonly (number | null)[],
  trans: ITranslation
): object {
  const foot = axis.none;
  if (foot === null) {
    return { scale: true, axisLabel: { formatter: formatTick } };
  }
  const near = Math.abs(foot) * 1e-6;
  const lowest = Math.min(
    ...values.map(value =>
      value === null || value <= foot + near ? Infinity : value
    )
  );
  return {
    min: foot,
    axisLabel: {
      showMinLabel: true,
      formatter: (value: number) => {
        if (value <= foot + near) {
          return trans.__('none');
        }
        return value < lowest - near ? '' : formatTick(value);
      }
    }
  };
}

/**
 * Make a text safe for a tooltip, which ECharts sets as HTML.
 */
export function escapeHtml(text: string): string {
  const signs: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;'
  };
  return text.replace(/[&<>"']/g, sign => signs[sign] ?? sign);
}
