import type { IWidgetTracker, MainAreaWidget } from '@jupyterlab/apputils';
import { Token } from '@lumino/coreutils';
import type { TsmlClient } from './api';
import type { DeploymentsModel } from './deployments/model';
import type { FoldLook, PreviewLook } from './experiment/looks';
import type { DraftModel } from './experiment/model';
import type { ComparisonTab } from './runs/ComparisonTab';
import type { RunsModel } from './runs/runs';
import type { StudiesModel } from './runs/studies';
import type { SidebarModel } from './sidebar/model';

/** The models behind everything that is shown; they know no application. */
export interface ITsml {
  /** The server. */
  readonly client: TsmlClient;
  /** The experiment that is being written. */
  readonly draft: DraftModel;
  /** The first look at its data. */
  readonly preview: PreviewLook;
  /** The picture of its folds. */
  readonly folds: FoldLook;
  /** The studies. */
  readonly studies: StudiesModel;
  /** The recorded runs. */
  readonly runs: RunsModel;
  /** The schedules. */
  readonly deployments: DeploymentsModel;
  /** Which tab is shown. */
  readonly sidebar: SidebarModel;
}

/** The models of this extension. */
export const ITsml = new Token<ITsml>(
  'jupyterlab-tsml:ITsml',
  'The models of the time-series experiments: the draft, studies, runs and schedules.'
);

/** The open comparisons. */
export type IComparisonTracker = IWidgetTracker<MainAreaWidget<ComparisonTab>>;

/** The open comparisons. */
export const IComparisonTracker = new Token<IComparisonTracker>(
  'jupyterlab-tsml:IComparisonTracker',
  'The comparisons of runs that are open in the main area.'
);
