import type { IEditorServices } from '@jupyterlab/codeeditor';
import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import { CommandIDs } from '../commands/ids';
import { Mistakes } from '../sidebar/Mistakes';
import { issuesIn } from './issues';
import type { FoldLook, PreviewLook } from './looks';
import type { StudiesModel } from '../runs/studies';
import type { DraftModel } from './model';
import { YamlEditor } from './YamlEditor';

const ExperimentForm = React.lazy(() => import('./form/ExperimentForm'));

/** What the Experiment tab is drawn from. */
export interface IExperimentView {
  /** The document. */
  draft: DraftModel;
  /** The first look at its data. */
  preview: PreviewLook;
  /** The picture of its folds. */
  folds: FoldLook;
  /** Makes editors. */
  editors: IEditorServices;
  /** What the buttons do. */
  commands: CommandRegistry;
  /** The studies, which know where one can run. */
  studies: StudiesModel;
  /** Let the person choose a data file. */
  chooseFile: (current: string) => Promise<string | null>;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * The Experiment tab: the document as a form or as YAML, and what can be done with it.
 */
export function ExperimentView(props: IExperimentView): JSX.Element {
  const { draft, preview } = props;
  React.useEffect(() => void draft.load(), [draft]);
  return (
    <UseSignal signal={draft.changed}>
      {() => (
        <UseSignal signal={preview.changed}>
          {() => <Document {...props} />}
        </UseSignal>
      )}
    </UseSignal>
  );
}

function Document(props: IExperimentView): JSX.Element {
  const { draft, trans } = props;
  const [open, setOpen] = React.useState<ReadonlySet<string>>(new Set());
  if (!draft.schema) {
    return draft.error ? (
      <div className="jp-Tsml-empty" role="alert">
        <p>{draft.error}</p>
        <button
          type="button"
          className="jp-Tsml-button"
          onClick={() => void draft.load()}
        >
          {trans.__('Try again')}
        </button>
      </div>
    ) : (
      <p className="jp-Tsml-empty">{trans.__('Loading…')}</p>
    );
  }
  return (
    <div className="jp-Tsml-experiment">
      <Head {...props} />
      <div className="jp-Tsml-body">
        {draft.error && <Mistakes texts={[draft.error]} />}
        {draft.view === 'form' ? (
          <React.Suspense
            fallback={<p className="jp-Tsml-empty">{trans.__('Loading…')}</p>}
          >
            <ExperimentForm {...props} open={open} onOpen={setOpen} />
          </React.Suspense>
        ) : (
          <YamlEditor {...props} />
        )}
      </div>
      <UseSignal signal={props.studies.changed}>
        {() => <Actions {...props} />}
      </UseSignal>
    </div>
  );
}

function Head(props: IExperimentView): JSX.Element {
  const { draft, trans } = props;
  const [refused, setRefused] = React.useState(false);
  const show = async (view: 'form' | 'yaml'): Promise<void> => {
    setRefused(!(await draft.show(view)));
  };
  const wrong = issuesIn(draft.issues, ['', 'name', 'version']);
  const name = draft.spec['name'];
  return (
    <header className="jp-Tsml-head">
      <div className="jp-Tsml-headRow">
        {draft.view === 'form' ? (
          <input
            className="jp-Tsml-input jp-Tsml-name"
            aria-label={trans.__('Name of the experiment')}
            placeholder={trans.__('name')}
            value={typeof name === 'string' ? name : ''}
            onChange={event => draft.edit({ name: event.target.value })}
          />
        ) : (
          <span className="jp-Tsml-name">
            {typeof name === 'string' ? name : ''}
          </span>
        )}
        <div
          className="jp-Tsml-toggle"
          role="group"
          aria-label={trans.__('Edit as')}
        >
          <button
            type="button"
            aria-pressed={draft.view === 'form'}
            onClick={() => void show('form')}
          >
            {trans.__('Form')}
          </button>
          <button
            type="button"
            aria-pressed={draft.view === 'yaml'}
            onClick={() => void show('yaml')}
          >
            {trans.__('YAML')}
          </button>
        </div>
      </div>
      <Verdict draft={draft} trans={trans} />
      {draft.view === 'form' && wrong.length > 0 && (
        <Mistakes texts={wrong.map(issue => issue.message)} />
      )}
      {refused && !draft.valid && draft.view === 'yaml' && (
        <Mistakes
          texts={[trans.__('The form follows once the mistakes are mended.')]}
        />
      )}
    </header>
  );
}

function Verdict(props: {
  draft: DraftModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { draft, trans } = props;
  const count = draft.issues.length;
  const text = draft.checking
    ? trans.__('Checking…')
    : count
      ? trans._n('%1 mistake', '%1 mistakes', count)
      : draft.valid
        ? trans.__('Valid')
        : '';
  const state = draft.checking ? 'checking' : count ? 'wrong' : 'valid';
  return (
    <div className="jp-Tsml-verdict" data-state={state} role="status">
      <span>{text}</span>
      {draft.file && <span title={draft.file}>{draft.file}</span>}
    </div>
  );
}

function Actions(props: IExperimentView): JSX.Element {
  const { draft, commands, studies, trans } = props;
  const { executors } = studies;
  const [executor, setExecutor] = React.useState('local');
  const run = (id: string, args = {}): void => {
    void commands.execute(id, args);
  };
  const further = [
    { id: CommandIDs.newExperiment, text: trans.__('New') },
    { id: CommandIDs.openSpec, text: trans.__('Open…') },
    { id: CommandIDs.saveSpec, text: trans.__('Save') },
    { id: CommandIDs.loadFromRun, text: trans.__('From a run…') }
  ];
  return (
    <footer className="jp-Tsml-actions">
      <div className="jp-Tsml-actionRow">
        <button
          type="button"
          className="jp-Tsml-button jp-mod-accept"
          disabled={!draft.ready}
          onClick={() => run(CommandIDs.run, { executor })}
        >
          {trans.__('Run')}
        </button>
        {executors.length > 1 && (
          <select
            className="jp-Tsml-input jp-Tsml-executor"
            aria-label={trans.__('Where to run')}
            value={executor}
            onChange={event => setExecutor(event.target.value)}
          >
            {executors.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <button
          type="button"
          className="jp-Tsml-button"
          disabled={!draft.valid || draft.checking}
          onClick={() => run(CommandIDs.insertCell)}
        >
          {trans.__('Insert as cell')}
        </button>
      </div>
      <div className="jp-Tsml-actionRow">
        {further.map(({ id, text }) => (
          <button
            key={id}
            type="button"
            className="jp-Tsml-button jp-mod-quiet"
            onClick={() => run(id)}
          >
            {text}
          </button>
        ))}
      </div>
    </footer>
  );
}
