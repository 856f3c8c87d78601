import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStateDB } from '@jupyterlab/statedb';
import { ITsml } from '../tokens';
// eslint-disable-next-line jupyter/prefer-lazy-imports -- the other plugins need the models at once
import { TsmlModels } from './models';

/** Makes the models that the other plugins share. */
export const modelsPlugin: JupyterFrontEndPlugin<ITsml> = {
  id: 'jupyterlab-tsml:models',
  description: 'The models of the time-series experiments.',
  autoStart: true,
  provides: ITsml,
  optional: [IStateDB],
  activate: (app: JupyterFrontEnd, state: IStateDB | null): ITsml =>
    new TsmlModels(app.serviceManager.serverSettings, state)
};
