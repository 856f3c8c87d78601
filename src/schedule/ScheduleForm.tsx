import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import type { ReactNode } from 'react';
import { Mistakes } from '../sidebar/Mistakes';
import { wallTime } from '../runs/format';
import { DagText } from './DagText';
import type { IScheduleFields, ScheduleModel, Target } from './model';

/** What the dialog is drawn from. */
export interface IScheduleForm {
  /** The schedule that is being made. */
  model: ScheduleModel;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * The body of the Schedule dialog: what, when, from what, where to; the next runs and the DAG as it will be written.
 */
export function ScheduleForm(props: IScheduleForm): JSX.Element {
  return (
    <UseSignal signal={props.model.changed}>
      {() => <Body {...props} />}
    </UseSignal>
  );
}

function Body(props: IScheduleForm): JSX.Element {
  const { model, trans } = props;
  const { summary, plan } = model;
  return (
    <div className="jp-Tsml-schedule">
      <div className="jp-Tsml-scheduleFields">
        {summary && (
          <p className="jp-Tsml-hint">
            {trans.__('Model: %1 of %2', summary.name, summary.study_name)}
          </p>
        )}
        {summary?.audit === 'failed' && (
          <p className="jp-Tsml-warning" role="note">
            {trans.__(
              'The audit of this run failed: the future leaks into it, so that it will predict worse than its scores say.'
            )}
          </p>
        )}
        <TextRow {...props} name="name" label={trans.__('Name')} />
        <TextRow
          {...props}
          name="data"
          label={trans.__('Data')}
          placeholder={trans.__('the data of the run')}
          help={trans.__('The file to predict from, below the top folder.')}
        />
        <TextRow
          {...props}
          name="coverage"
          label={trans.__('Data ready when')}
          placeholder="0.9"
          help={trans.__(
            'Share of the entities that must have a row of the session.'
          )}
        />
        <div className="jp-Tsml-columns">
          <TextRow
            {...props}
            name="calendar"
            label={trans.__('Calendar')}
            placeholder={trans.__('XNYS')}
          />
          <TextRow
            {...props}
            name="at"
            label={trans.__('At')}
            placeholder="16:30"
          />
          <TextRow {...props} name="timezone" label={trans.__('Time zone')} />
        </div>
        <Publish {...props} />
        {plan?.replaces && (
          <label className="jp-Tsml-check">
            <input
              type="checkbox"
              checked={model.fields.replace}
              onChange={event => model.edit({ replace: event.target.checked })}
            />
            {trans.__('Replace the schedule of that name')}
          </label>
        )}
        {model.error && !model.errorField && <Mistakes texts={[model.error]} />}
      </div>
      <Outcome {...props} />
    </div>
  );
}

function Outcome(props: IScheduleForm): JSX.Element {
  const { model, trans } = props;
  const { plan } = model;
  if (!plan) {
    return <div className="jp-Tsml-outcome" aria-busy={model.busy} />;
  }
  return (
    <div className="jp-Tsml-outcome" aria-busy={model.busy}>
      <h4>
        {model.fields.timezone
          ? trans.__('Next runs (%1)', model.fields.timezone)
          : trans.__('Next runs')}
      </h4>
      <ol className="jp-Tsml-nextRuns">
        {plan.next_runs.map(time => (
          <li key={time}>
            <time dateTime={time} title={time}>
              {wallTime(time)}
            </time>
          </li>
        ))}
      </ol>
      <h4>{trans.__('The DAG as it will be written')}</h4>
      <div className="jp-Tsml-help jp-Tsml-path">{plan.file}</div>
      <DagText
        text={plan.text}
        before={plan.replaces}
        label={trans.__('Text of the DAG')}
      />
    </div>
  );
}

function Publish(props: IScheduleForm): JSX.Element {
  const { model, trans } = props;
  const targets: [Target, string][] = [
    ['parquet', trans.__('Parquet file')],
    ['table', trans.__('Database table')]
  ];
  return (
    <fieldset className="jp-Tsml-group">
      <legend>{trans.__('Post predictions to')}</legend>
      <div className="jp-Tsml-radioRow">
        {targets.map(([target, label]) => (
          <label key={target} className="jp-Tsml-check">
            <input
              type="radio"
              name="jp-Tsml-target"
              checked={model.fields.target === target}
              onChange={() => model.edit({ target })}
            />
            {label}
          </label>
        ))}
      </div>
      {model.fields.target === 'parquet' ? (
        <TextRow
          {...props}
          name="parquet"
          label={trans.__('File or folder')}
          placeholder={trans.__('one file a session in the TSML home')}
        />
      ) : (
        <div className="jp-Tsml-columns">
          <TextRow
            {...props}
            name="connection"
            label={trans.__('Airflow connection')}
            placeholder={trans.__('warehouse')}
          />
          <TextRow
            {...props}
            name="table"
            label={trans.__('Table')}
            placeholder={trans.__('desk.predictions')}
          />
        </div>
      )}
    </fieldset>
  );
}

interface ITextRow extends IScheduleForm {
  name: Exclude<keyof IScheduleFields, 'target' | 'replace'>;
  label: string;
  placeholder?: string;
  help?: ReactNode;
}

function TextRow(props: ITextRow): JSX.Element {
  const { model, name, label } = props;
  const id = `jp-Tsml-schedule-${name}`;
  const wrong = model.errorField === name;
  return (
    <div className={`jp-Tsml-field${wrong ? ' jp-mod-wrong' : ''}`}>
      <label className="jp-Tsml-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="jp-Tsml-input"
        value={model.fields[name]}
        placeholder={props.placeholder}
        aria-invalid={wrong}
        aria-describedby={`${id}__description ${id}__error`}
        onChange={event => model.edit({ [name]: event.target.value })}
      />
      {wrong && <Mistakes id={id} texts={[model.error]} />}
      {props.help && (
        <div className="jp-Tsml-help" id={`${id}__description`}>
          {props.help}
        </div>
      )}
    </div>
  );
}
