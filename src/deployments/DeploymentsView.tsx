import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, refreshIcon, UseSignal } from '@jupyterlab/ui-components';
import { errorLine, type TsmlClient } from '../api';
import { Mistakes } from '../sidebar/Mistakes';
import { wallTime } from '../runs/format';
import { DagText } from '../schedule/DagText';
import type { Schedule } from '../wire';
import type { DeploymentsModel } from './model';

/** What the Deployments tab is drawn from. */
export interface IDeploymentsView {
  /** The schedules. */
  model: DeploymentsModel;
  /** The server. */
  client: TsmlClient;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * The Deployments tab: one entry a schedule.
 */
export function DeploymentsView(props: IDeploymentsView): JSX.Element {
  const { model } = props;
  return (
    <UseSignal signal={model.changed}>{() => <List {...props} />}</UseSignal>
  );
}

function List(props: IDeploymentsView): JSX.Element {
  const { model, trans } = props;
  return (
    <div className="jp-Tsml-deployments">
      <div className="jp-Tsml-titleRow">
        <h3 className="jp-Tsml-title">{trans.__('Schedules')}</h3>
        <button
          type="button"
          className="jp-Tsml-iconButton"
          aria-label={trans.__('Refresh')}
          title={trans.__('Refresh')}
          onClick={() => void model.reload()}
        >
          <refreshIcon.react tag="span" width="14px" height="14px" />
        </button>
      </div>
      {model.error && <Mistakes texts={[model.error]} />}
      {model.schedules?.length === 0 && (
        <p className="jp-Tsml-empty">
          {trans.__('No schedule yet. Choose Schedule in the menu of a run.')}
        </p>
      )}
      <ul>
        {model.schedules?.map(schedule => (
          <Entry key={schedule.name} schedule={schedule} {...props} />
        ))}
      </ul>
      {model.folder && (
        <p className="jp-Tsml-help jp-Tsml-path">
          {trans.__('DAGs folder: %1', model.folder)}
        </p>
      )}
    </div>
  );
}

function Entry(props: IDeploymentsView & { schedule: Schedule }): JSX.Element {
  const { schedule, trans, client } = props;
  const next = schedule.next_runs[0];
  const { parquet, table } = schedule.publish;
  const place = table
    ? `${table.connection}: ${table.table}`
    : (parquet ?? trans.__('the TSML home'));
  return (
    <li className="jp-Tsml-deployment">
      <div className="jp-Tsml-studyHead">
        <b>{schedule.name}</b>
        <span
          className="jp-Tsml-status"
          data-status={schedule.error ? 'failed' : 'finished'}
        >
          {schedule.error ? trans.__('unreadable') : trans.__('written')}
        </span>
      </div>
      {schedule.error && <Mistakes texts={[schedule.error]} />}
      <dl>
        <dt>{trans.__('Model')}</dt>
        <dd title={schedule.run_id}>{schedule.model}</dd>
        <dt>{trans.__('Next run')}</dt>
        <dd>{next ? wallTime(next) : trans.__('none')}</dd>
        <dt>{trans.__('When')}</dt>
        <dd>
          {schedule.calendar} {schedule.at} {schedule.timezone}
        </dd>
        <dt>{trans.__('Posts to')}</dt>
        <dd>{place}</dd>
        <dt>{trans.__('File')}</dt>
        <dd className="jp-Tsml-path">{schedule.file}</dd>
      </dl>
      <div className="jp-Tsml-actionRow">
        <button
          type="button"
          className="jp-Tsml-button jp-mod-small"
          onClick={() => void view(client, schedule, trans)}
        >
          {trans.__('View DAG')}
        </button>
        <button
          type="button"
          className="jp-Tsml-button jp-mod-small"
          onClick={() => void remove(props)}
        >
          {trans.__('Delete')}
        </button>
      </div>
    </li>
  );
}

async function view(
  client: TsmlClient,
  schedule: Schedule,
  trans: TranslationBundle
): Promise<void> {
  let text: string;
  try {
    const plan = await client.planSchedule({
      run_id: schedule.run_id,
      name: schedule.name,
      replace: true
    });
    text = plan.replaces ?? plan.text;
  } catch (reason) {
    text = errorLine(reason);
  }
  const body = ReactWidget.create(
    <DagText text={text} label={trans.__('Text of the DAG')} />
  );
  body.addClass('jp-Tsml-dagBody');
  await showDialog({
    title: schedule.file,
    body,
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

async function remove(
  props: IDeploymentsView & { schedule: Schedule }
): Promise<void> {
  const { model, schedule, trans } = props;
  const answer = await showDialog({
    title: trans.__('Delete %1?', schedule.name),
    body: trans.__(
      'Its DAG file is removed, and Airflow stops predicting. Predictions and runs stay.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Delete') })
    ]
  });
  if (answer.button.accept) {
    await model.remove(schedule.name);
  }
}
