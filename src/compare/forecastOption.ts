import type { ForecastPanel } from '../wire';
import type { EChartsCoreOption } from './echarts';
import type { IForecastLine } from './forecast';
import { formatNumber, formatTick, formatTime } from './format';
import { lineStyle, type IPalette } from './palette';
import { escapeHtml } from './parallelOption';
import type { ITranslation } from './translation';

interface ITip {
  axisValue: string;
  marker: string;
  seriesName: string;
  value: number | null;
}

/**
 * The drawing of the forecasts over the actual values, with the residuals below where asked.
 */
export function forecastOption(
  panel: ForecastPanel,
  lines: readonly IForecastLine[],
  order: readonly string[],
  residuals: boolean,
  palette: IPalette,
  trans: ITranslation
): EChartsCoreOption {
  const grids = residuals
    ? [
        { left: 64, right: 16, top: 30, height: '46%' },
        { left: 64, right: 16, bottom: 64, height: '24%' }
      ]
    : [{ left: 64, right: 16, top: 30, bottom: 64 }];
  const actual = {
    name: trans.__('actual'),
    type: 'line',
    data: panel.actual,
    showSymbol: false,
    lineStyle: { color: palette.ink, width: 2 },
    itemStyle: { color: palette.ink }
  };
  return {
    animation: false,
    textStyle: { fontFamily: palette.font, color: palette.ink },
    grid: grids,
    tooltip: tooltip(palette),
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    xAxis: grids.map((_, index) => xAxis(panel, index, grids.length, palette)),
    yAxis: grids.map((_, index) =>
      yAxis(index === 0 ? panel.unit : trans.__('residual'), index, palette)
    ),
    dataZoom: zoom(grids.length, palette),
    series: [
      actual,
      ...lines.map(line => series(line, line.values, 0, order, palette)),
      ...(residuals
        ? lines.map(line => series(line, line.residuals, 1, order, palette))
        : [])
    ]
  };
}

function series(
  line: IForecastLine,
  data: (number | null)[],
  grid: number,
  order: readonly string[],
  palette: IPalette
): Record<string, unknown> {
  const style = lineStyle(palette, order.indexOf(line.runId));
  return {
    name: line.label,
    type: 'line',
    xAxisIndex: grid,
    yAxisIndex: grid,
    data,
    showSymbol: false,
    lineStyle: { ...style, width: 1.5 },
    itemStyle: { color: style.color }
  };
}

function xAxis(
  panel: ForecastPanel,
  index: number,
  count: number,
  palette: IPalette
): Record<string, unknown> {
  return {
    type: 'category',
    gridIndex: index,
    data: panel.times.map(formatTime),
    boundaryGap: false,
    axisLine: { lineStyle: { color: palette.faint } },
    axisLabel: {
      color: palette.faint,
      show: index === count - 1,
      hideOverlap: true
    }
  };
}

function yAxis(
  name: string,
  index: number,
  palette: IPalette
): Record<string, unknown> {
  return {
    type: 'value',
    scale: index === 0,
    gridIndex: index,
    name,
    nameTextStyle: { color: palette.faint, align: 'left' },
    nameGap: 8,
    axisLabel: { color: palette.faint, formatter: formatTick },
    splitNumber: index === 0 ? 5 : 2,
    splitLine: { lineStyle: { color: palette.grid } }
  };
}

function zoom(count: number, palette: IPalette): Record<string, unknown>[] {
  const xAxisIndex = Array.from({ length: count }, (_, index) => index);
  return [
    {
      type: 'inside',
      xAxisIndex,
      zoomOnMouseWheel: 'ctrl',
      moveOnMouseWheel: false
    },
    {
      type: 'slider',
      xAxisIndex,
      bottom: 12,
      height: 22,
      borderColor: palette.grid,
      textStyle: { color: palette.faint },
      dataBackground: {
        lineStyle: { color: palette.faint },
        areaStyle: { color: palette.grid }
      }
    }
  ];
}

function tooltip(palette: IPalette): Record<string, unknown> {
  return {
    trigger: 'axis',
    confine: true,
    backgroundColor: palette.background,
    borderColor: palette.grid,
    textStyle: { color: palette.ink, fontSize: 12 },
    formatter: (items: ITip[]) =>
      [
        escapeHtml(items[0]?.axisValue ?? ''),
        ...items.map(
          item =>
            `${item.marker}${escapeHtml(item.seriesName)}: <b>${formatNumber(item.value)}</b>`
        )
      ].join('<br/>')
  };
}
