import * as React from 'react';
import type { ITranslation } from '../compare/translation';

/**
 * What came of a wish to schedule.
 */
export interface IScheduleAnswer {
  ok: boolean;
  text: string;
}

/**
 * The properties of the form.
 */
export interface IScheduleFormProps {
  /** How the run is called. */
  label: string;
  onSubmit: (name: string) => Promise<IScheduleAnswer>;
  onClose: () => void;
  trans: ITranslation;
}

/**
 * Asks for a schedule's name, and shows what was written or why not.
 */
export function ScheduleForm(props: IScheduleFormProps): JSX.Element {
  const { label, onSubmit, onClose, trans } = props;
  const [name, setName] = React.useState('');
  const [waiting, setWaiting] = React.useState(false);
  const [answer, setAnswer] = React.useState<IScheduleAnswer | null>(null);
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setWaiting(true);
    setAnswer(await onSubmit(name));
    setWaiting(false);
  };
  return (
    <form className="jp-TsmlSchedule" onSubmit={event => void submit(event)}>
      <label>
        {trans.__('Schedule %1 as', label)}{' '}
        <input
          // eslint-disable-next-line jsx-a11y/no-autofocus -- the form opens on the person's own click
          autoFocus
          value={name}
          placeholder={trans.__('name; study and model by default')}
          onChange={event => setName(event.target.value)}
          onKeyDown={event => event.key === 'Escape' && onClose()}
        />
      </label>
      <button
        type="submit"
        className="jp-TsmlButton jp-mod-primary"
        disabled={waiting}
      >
        {waiting ? trans.__('Writing…') : trans.__('Write the DAG')}
      </button>
      <button type="button" className="jp-TsmlButton" onClick={onClose}>
        {trans.__('Close')}
      </button>
      {answer && (
        <p
          role="status"
          className={
            answer.ok ? 'jp-TsmlSchedule-done' : 'jp-TsmlSchedule-error'
          }
        >
          {answer.text}
        </p>
      )}
    </form>
  );
}
