import * as React from 'react';
import type { ECharts, EChartsCoreOption } from './echarts';
import { readPalette, watchTheme, type IPalette } from './palette';

/**
 * The properties of a chart.
 */
export interface IChartProps {
  /** Makes the options from the theme's colours. */
  build: (palette: IPalette) => EChartsCoreOption;
  /** What the chart shows, for those who can't see it. */
  label: string;
  /** In CSS pixels. */
  height: number;
  /** Called with the chart once it is drawn, to listen to its events. */
  onReady?: (chart: ECharts) => void;
}

/**
 * An ECharts canvas that follows its container's size and the theme; the library is loaded when the first one is shown.
 */
export function Chart(props: IChartProps): JSX.Element {
  const { build, label, height, onReady } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const chart = React.useRef<ECharts | null>(null);
  const [theme, setTheme] = React.useState(0);
  const [ready, setReady] = React.useState(false);

  React.useEffect(() => watchTheme(() => setTheme(count => count + 1)), []);

  React.useEffect(() => {
    const element = host.current;
    if (!element) {
      return;
    }
    let gone = false;
    const observer = new ResizeObserver(() => chart.current?.resize());
    void import('./echarts').then(({ init }) => {
      if (!gone) {
        chart.current = init(element);
        observer.observe(element);
        setReady(true);
      }
    });
    return () => {
      gone = true;
      observer.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  React.useEffect(() => {
    if (ready && chart.current && host.current) {
      chart.current.setOption(build(readPalette(host.current)), {
        notMerge: true
      });
    }
  }, [ready, build, theme]);

  React.useEffect(() => {
    if (ready && chart.current) {
      onReady?.(chart.current);
    }
  }, [ready, onReady]);

  return (
    <div
      className="jp-TsmlCompare-chart"
      ref={host}
      role="img"
      aria-label={label}
      style={{ height }}
    />
  );
}
