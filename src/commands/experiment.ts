import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  Dialog,
  InputDialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog, IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation';
import { errorLine } from '../api';
import { cellSource, insertCell } from '../experiment/cell';
import {
  exists,
  mayBeSpec,
  openSpec,
  saveSpec,
  withSuffix
} from '../experiment/files';
import { moment } from '../runs/format';
import type { Executor } from '../runs/studies';
import { tsmlIcon } from '../sidebar/icon';
import { ITsml } from '../tokens';
import type { DetachedStudy } from '../wire';
import { CommandIDs } from './ids';

const NO_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;

/** What can be done with the experiment that is being written. */
export const experimentCommands: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-tsml:experiment-commands',
  description: 'Commands to write, run, save and insert an experiment.',
  autoStart: true,
  requires: [ITsml, IDocumentManager, ITranslator],
  optional: [INotebookTracker, IDefaultFileBrowser, ICommandPalette],
  activate
};

function activate(
  app: JupyterFrontEnd,
  tsml: ITsml,
  manager: IDocumentManager,
  translator: ITranslator,
  notebooks: INotebookTracker | null,
  browser: IDefaultFileBrowser | null,
  palette: ICommandPalette | null
): void {
  const trans = translator.load('jupyterlab_tsml');
  addFileType(app, trans);
  const around: IAround = { app, tsml, manager, translator, trans };
  addDraftCommands(around);
  addFileCommands(around, browser);
  app.commands.addCommand(CommandIDs.insertCell, {
    label: trans.__('Insert Experiment as Cell'),
    caption: trans.__('Insert the experiment as a %%tsml cell'),
    icon: tsmlIcon,
    describedBy: NO_ARGUMENTS,
    execute: () => guarded(() => insert(around, notebooks))
  });
  const category = trans.__('Time Series');
  for (const command of [
    CommandIDs.newExperiment,
    CommandIDs.run,
    CommandIDs.insertCell,
    CommandIDs.openSpec,
    CommandIDs.saveSpec,
    CommandIDs.loadFromRun
  ]) {
    palette?.addItem({ command, category });
  }
}

interface IAround {
  app: JupyterFrontEnd;
  tsml: ITsml;
  manager: IDocumentManager;
  translator: ITranslator;
  trans: TranslationBundle;
}

function addFileType(app: JupyterFrontEnd, trans: TranslationBundle): void {
  app.docRegistry.addFileType({
    name: 'tsml',
    displayName: trans.__('Time-series experiment'),
    extensions: ['.tsml.yaml', '.tsml.yml'],
    mimeTypes: ['text/x-yaml'],
    fileFormat: 'text',
    contentType: 'file',
    icon: tsmlIcon
  });
}

function addDraftCommands(around: IAround): void {
  const { app, tsml, trans } = around;
  const { commands } = app;
  const show = (tab: string): Promise<unknown> =>
    commands.execute(CommandIDs.open, { tab });
  commands.addCommand(CommandIDs.newExperiment, {
    label: trans.__('New Experiment'),
    caption: trans.__('Start a new experiment on the sample market'),
    icon: tsmlIcon,
    describedBy: NO_ARGUMENTS,
    execute: () =>
      guarded(async () => {
        await tsml.draft.renew();
        await show('experiment');
      })
  });
  commands.addCommand(CommandIDs.run, {
    label: trans.__('Run Experiment'),
    caption: trans.__('Run the experiment and follow it under Runs'),
    icon: tsmlIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          executor: {
            type: 'string',
            description: trans.__('Where it runs: local or ray')
          }
        }
      }
    },
    execute: args =>
      guarded(async () => {
        const { draft, studies } = tsml;
        await draft.load();
        await draft.settle();
        if (!draft.ready) {
          await show('experiment');
          return;
        }
        const executor = (args['executor'] ?? 'local') as Executor;
        const { yaml } = draft;
        try {
          const { begun } = await studies.start({ yaml }, executor);
          tellBefore(around, begun, async () => {
            await studies.start({ yaml }, executor, true);
          });
        } catch (reason) {
          if (draft.report(reason)) {
            return;
          }
          throw reason;
        }
        await show('runs');
      })
  });
  commands.addCommand(CommandIDs.loadFromRun, {
    label: args =>
      args['run'] ? trans.__('Load into Form') : trans.__('Load from a Run…'),
    caption: trans.__('Edit the experiment that a run was made from'),
    icon: tsmlIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          run: { type: 'string', description: trans.__('The id of the run') }
        }
      }
    },
    execute: args =>
      guarded(async () => {
        const given = args['run'];
        const run =
          typeof given === 'string' ? given : await chooseRun(tsml, trans);
        if (run) {
          const { yaml } = await tsml.client.specOfRun(run);
          await tsml.draft.replace(yaml, null);
          await show('experiment');
        }
      })
  });
}

function addFileCommands(
  around: IAround,
  browser: IDefaultFileBrowser | null
): void {
  const { app, tsml, trans } = around;
  const { contents } = app.serviceManager;
  app.commands.addCommand(CommandIDs.openSpec, {
    label: args =>
      args['selected']
        ? trans.__('Open as Experiment')
        : trans.__('Open Experiment File…'),
    caption: trans.__('Open a .tsml.yaml file in the form'),
    icon: tsmlIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: { type: 'string', description: trans.__('The file') },
          selected: {
            type: 'boolean',
            description: trans.__('Open what is selected in the file browser')
          }
        }
      }
    },
    execute: args =>
      guarded(async () => {
        const selected = browser?.selectedItems().next() as
          IteratorResult<{ path: string }, undefined> | undefined;
        const path = args['selected']
          ? selected?.value?.path
          : typeof args['path'] === 'string'
            ? args['path']
            : await chooseSpec(around);
        if (path) {
          await openSpec(tsml.draft, contents, path);
          await app.commands.execute(CommandIDs.open, { tab: 'experiment' });
        }
      })
  });
  app.commands.addCommand(CommandIDs.saveSpec, {
    label: trans.__('Save Experiment…'),
    caption: trans.__('Save the experiment as a .tsml.yaml file'),
    icon: tsmlIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: { type: 'string', description: trans.__('The file') }
        }
      }
    },
    execute: args =>
      guarded(async () => {
        const given = args['path'];
        const path =
          typeof given === 'string'
            ? given
            : await askPath(tsml, trans, browser?.model.path ?? '');
        const file = path && withSuffix(path);
        if (file && (await mayWrite(around, file))) {
          await saveSpec(tsml.draft, contents, file);
        }
      })
  });
}

/** Say what became of an experiment that was submitted before. */
function tellBefore(
  { trans }: IAround,
  begun: DetachedStudy['begun'],
  again: () => Promise<void>
): void {
  if (begun === 'running') {
    Notification.info(trans.__('This experiment runs already.'));
  } else if (begun === 'resumed') {
    Notification.info(trans.__('This experiment goes on where it ended.'));
  } else if (begun === 'finished') {
    Notification.info(
      trans.__(
        'This experiment has finished before; neither it nor its data have changed.'
      ),
      {
        autoClose: false,
        actions: [
          {
            label: trans.__('Run Again'),
            callback: () => void guarded(again)
          }
        ]
      }
    );
  }
}

async function insert(
  around: IAround,
  notebooks: INotebookTracker | null
): Promise<void> {
  const { app, tsml } = around;
  await tsml.draft.load();
  await tsml.draft.settle();
  const panel = notebooks?.currentWidget ?? (await newNotebook(app));
  await panel.context.ready;
  const path = app.serviceManager.contents.localPath(panel.context.path);
  const yaml = await tsml.draft.text();
  const source = await cellSource(yaml, PathExt.dirname(path));
  insertCell(panel, source);
  app.shell.activateById(panel.id);
}

async function newNotebook(app: JupyterFrontEnd): Promise<NotebookPanel> {
  const { kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  return app.commands.execute('notebook:create-new', {
    activate: true,
    kernelName: kernelspecs.specs?.default ?? ''
  }) as Promise<NotebookPanel>;
}

async function chooseRun(
  tsml: ITsml,
  trans: TranslationBundle
): Promise<string | null> {
  const page = await tsml.client.runs({ limit: 50 });
  if (page.runs.length === 0) {
    throw new Error(trans.__('There is no run yet to load from.'));
  }
  const labels = page.runs.map(
    run => `${run.study_name} · ${run.name} · ${moment(run.started)}`
  );
  const answer = await InputDialog.getItem({
    title: trans.__('Load from a run'),
    label: trans.__('Run'),
    items: labels
  });
  const at = answer.value === null ? -1 : labels.indexOf(answer.value);
  return page.runs[at]?.run_id ?? null;
}

async function chooseSpec(around: IAround): Promise<string | null> {
  const { app, manager, translator, trans } = around;
  const answer = await FileDialog.getOpenFiles({
    manager,
    translator,
    title: trans.__('Open an experiment'),
    filter: item =>
      item.type === 'directory' || mayBeSpec(item.path) ? {} : null
  });
  const file = answer.value?.find(item => item.type !== 'directory');
  const { contents } = app.serviceManager;
  return answer.button.accept && file ? contents.localPath(file.path) : null;
}

/** Whether a file is the draft's own or not there, or may be replaced. */
async function mayWrite(around: IAround, path: string): Promise<boolean> {
  const { app, tsml, trans } = around;
  const { contents } = app.serviceManager;
  if (path === tsml.draft.file || !(await exists(contents, path))) {
    return true;
  }
  const answer = await showDialog({
    title: trans.__('Replace %1?', path),
    body: trans.__('There is a file of that name; what it holds is lost.'),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Replace') })
    ]
  });
  return answer.button.accept;
}

async function askPath(
  tsml: ITsml,
  trans: TranslationBundle,
  folder: string
): Promise<string | null> {
  const { draft } = tsml;
  const name = draft.spec['name'];
  const plain = typeof name === 'string' && name ? name : 'experiment';
  const file = withSuffix(plain.replace(/[/\\:]+/g, '-'));
  const answer = await InputDialog.getText({
    title: trans.__('Save the experiment'),
    label: trans.__('File, below the top folder'),
    text: draft.file ?? PathExt.join(folder, file)
  });
  return answer.button.accept ? (answer.value?.trim() ?? null) : null;
}

/** Do something that the person asked for, and say in one line when it fails. */
async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (reason) {
    Notification.error(errorLine(reason), { autoClose: false });
  }
}
