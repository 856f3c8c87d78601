import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { experimentCommands } from './commands/experiment';
import { runCommands } from './commands/runs';
import { modelsPlugin } from './models/plugin';
import { sidebarPlugin } from './sidebar/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  modelsPlugin,
  sidebarPlugin,
  experimentCommands,
  runCommands
];

export default plugins;
