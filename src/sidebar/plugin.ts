import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../commands/ids';
import { isDataFile } from '../experiment/files';
import { ITsml } from '../tokens';
import { tsmlIcon } from './icon';
import { TABS } from './model';
// eslint-disable-next-line jupyter/prefer-lazy-imports -- the layout is restored with the panel in it
import { Sidebar } from './Sidebar';

/** The left-area panel, and the command that shows it. */
export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-tsml:plugin',
  description: 'The sidebar with experiment, runs and deployments.',
  autoStart: true,
  requires: [ITsml, IEditorServices, IDocumentManager, ITranslator],
  optional: [ILayoutRestorer, ICommandPalette],
  activate
};

function activate(
  app: JupyterFrontEnd,
  tsml: ITsml,
  editors: IEditorServices,
  manager: IDocumentManager,
  translator: ITranslator,
  restorer: ILayoutRestorer | null,
  palette: ICommandPalette | null
): void {
  const trans = translator.load('jupyterlab_tsml');
  const chooseFile = async (current: string): Promise<string | null> => {
    const answer = await FileDialog.getOpenFiles({
      manager,
      translator,
      title: trans.__('Choose a data file'),
      defaultPath: PathExt.dirname(current),
      filter: item =>
        item.type === 'directory' || isDataFile(item.path) ? {} : null
    });
    const file = answer.value?.find(item => item.type !== 'directory');
    const { contents } = app.serviceManager;
    return answer.button.accept && file ? contents.localPath(file.path) : null;
  };
  const { commands, shell } = app;
  const sidebar = new Sidebar({ tsml, editors, commands, chooseFile, trans });
  shell.add(sidebar, 'left', { rank: 450, type: 'Time-series experiments' });
  restorer?.add(sidebar, 'jupyterlab-tsml');
  commands.addCommand(CommandIDs.open, {
    label: trans.__('Time-Series Experiments'),
    caption: trans.__('Show the sidebar with experiment, runs and deployments'),
    icon: tsmlIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          tab: {
            type: 'string',
            enum: [...TABS],
            description: trans.__('The tab to show')
          }
        }
      }
    },
    execute: args => {
      const tab = TABS.find(name => name === args['tab']);
      tsml.sidebar.tab = tab ?? tsml.sidebar.tab;
      shell.activateById(sidebar.id);
    }
  });
  palette?.addItem({
    command: CommandIDs.open,
    category: trans.__('Time Series')
  });
}
