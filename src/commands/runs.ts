import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Clipboard,
  ICommandPalette,
  InputDialog,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import type { ComparisonTab } from '../runs/ComparisonTab';
import { tsmlIcon } from '../sidebar/icon';
import { IComparisonTracker, ITsml } from '../tokens';
import { CommandIDs } from './ids';

/** What can be done with recorded runs. */
export const runCommands: JupyterFrontEndPlugin<IComparisonTracker> = {
  id: 'jupyterlab-tsml:run-commands',
  description: 'Commands to compare and schedule runs.',
  autoStart: true,
  provides: IComparisonTracker,
  requires: [ITsml, ITranslator],
  optional: [ILayoutRestorer, ICommandPalette],
  activate
};

function activate(
  app: JupyterFrontEnd,
  tsml: ITsml,
  translator: ITranslator,
  restorer: ILayoutRestorer | null,
  palette: ICommandPalette | null
): IComparisonTracker {
  const trans = translator.load('jupyterlab_tsml');
  const { commands } = app;
  commands.addCommand(CommandIDs.schedule, {
    label: trans.__('Schedule Run…'),
    caption: trans.__('Let the model of a run predict every trading day'),
    icon: tsmlIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          run: { type: 'string', description: trans.__('The id of the run') }
        }
      }
    },
    execute: async args => {
      const given = args['run'] ?? tsml.runs.chosen[0];
      const run = typeof given === 'string' ? given : await askRun(trans);
      if (!run) {
        return;
      }
      const { scheduleRun } = await import('../schedule/dialog');
      const written = await scheduleRun(tsml.client, run, trans);
      if (written) {
        const line = trans.__(
          '%1 is written to %2',
          written.name,
          written.file
        );
        Notification.success(line, { autoClose: 5000 });
        await commands.execute(CommandIDs.open, { tab: 'deployments' });
        await tsml.deployments.reload();
      }
    }
  });
  commands.addCommand(CommandIDs.copyRunId, {
    label: trans.__('Copy Run ID'),
    describedBy: {
      args: {
        type: 'object',
        required: ['run'],
        properties: {
          run: { type: 'string', description: trans.__('The id of the run') }
        }
      }
    },
    execute: args => Clipboard.copyToSystem(String(args['run']))
  });
  const category = trans.__('Time Series');
  palette?.addItem({ command: CommandIDs.compare, category });
  palette?.addItem({ command: CommandIDs.schedule, category });
  return addCompare(app, tsml, trans, restorer);
}

function addCompare(
  app: JupyterFrontEnd,
  tsml: ITsml,
  trans: TranslationBundle,
  restorer: ILayoutRestorer | null
): IComparisonTracker {
  const { commands, shell } = app;
  const tracker = new WidgetTracker<MainAreaWidget<ComparisonTab>>({
    namespace: 'jupyterlab-tsml-comparison'
  });
  commands.addCommand(CommandIDs.compare, {
    label: trans.__('Compare Runs'),
    caption: trans.__('Show the chosen runs side by side'),
    icon: tsmlIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          runs: {
            type: 'array',
            items: { type: 'string' },
            description: trans.__('The ids of the runs; the chosen by default')
          }
        }
      }
    },
    isEnabled: args =>
      Array.isArray(args['runs']) || tsml.runs.chosen.length > 0,
    execute: async args => {
      const given = args['runs'];
      const runs = Array.isArray(given)
        ? given.map(String)
        : [...tsml.runs.chosen];
      const id = `jp-tsml-comparison-${runs.join('-')}`;
      const open = tracker.find(other => other.id === id);
      if (open) {
        shell.activateById(id);
        return open;
      }
      const widget = await comparisonOf(runs, app, tsml, trans);
      widget.id = id;
      void tracker.add(widget);
      shell.add(widget, 'main');
      shell.activateById(widget.id);
      return widget;
    }
  });
  tsml.runs.changed.connect(() => {
    commands.notifyCommandChanged(CommandIDs.compare);
  });
  if (restorer) {
    void restorer.restore(tracker, {
      command: CommandIDs.compare,
      args: widget => ({ runs: [...widget.content.runs] }),
      name: widget => widget.content.runs.join('-')
    });
  }
  return tracker;
}

async function comparisonOf(
  runs: readonly string[],
  app: JupyterFrontEnd,
  tsml: ITsml,
  trans: TranslationBundle
): Promise<MainAreaWidget<ComparisonTab>> {
  const { ComparisonTab } = await import('../runs/ComparisonTab');
  const content = new ComparisonTab({
    runs,
    client: tsml.client,
    onSchedule: run => void app.commands.execute(CommandIDs.schedule, { run }),
    trans
  });
  const widget = new MainAreaWidget({ content });
  widget.toolbar.hide();
  widget.title.label = trans.__('Comparison');
  widget.title.icon = tsmlIcon;
  widget.title.closable = true;
  return widget;
}

async function askRun(trans: TranslationBundle): Promise<string | null> {
  const answer = await InputDialog.getText({
    title: trans.__('Schedule a run'),
    label: trans.__('Run ID'),
    placeholder: trans.__('take it from the Runs tab')
  });
  return answer.button.accept ? answer.value : null;
}
