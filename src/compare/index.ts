export { ComparisonPanel, type IComparisonPanelProps } from './ComparisonPanel';
export type { IForecastRequest } from './ForecastView';
export { english, type ITranslation } from './translation';
