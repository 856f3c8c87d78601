import { LineChart, ParallelChart } from 'echarts/charts';
import {
  AxisPointerComponent,
  DataZoomComponent,
  GridComponent,
  ParallelComponent,
  TooltipComponent
} from 'echarts/components';
import {
  init,
  use as register,
  type ECharts,
  type EChartsCoreOption
} from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

register([
  AxisPointerComponent,
  CanvasRenderer,
  DataZoomComponent,
  GridComponent,
  LineChart,
  ParallelChart,
  ParallelComponent,
  TooltipComponent
]);

export { init, type ECharts, type EChartsCoreOption };
