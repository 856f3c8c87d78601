import * as React from 'react';
import { formatDuration, formatNumber } from '../compare/format';
import type { ITranslation } from '../compare/translation';
import type { StudyStatus, WorkerLine } from '../wire';
import { learningCurve } from './curve';
import { Section } from './Section';
import { Sparkline } from './Sparkline';
import { isBusy, taskText, workFacts } from './statusText';
import { useSecondsSince } from './useSecondsSince';
import { inRows, keepRows } from './workers';

/** With more workers than this the list is folded at first. */
const SHORT = 8;

/**
 * What each worker is at, since when, and how its model learns; nothing where there is no worker.
 */
export function WorkersView(props: {
  status: StudyStatus;
  trans: ITranslation;
}): JSX.Element | null {
  const { status, trans } = props;
  const since = useSecondsSince(status);
  const workers = useRows(status.workers);
  if (workers.length === 0) {
    return null;
  }
  const more = status.workers_total - workers.length;
  return (
    <Section
      open={workers.length <= SHORT}
      title={trans.__('Workers')}
      note={workFacts(status, trans).join(' · ')}
    >
      <div
        className="jp-TsmlLive-scroll"
        tabIndex={0}
        role="region"
        aria-label={trans.__('Workers')}
      >
        <table className="jp-TsmlLive-table jp-TsmlLive-workers">
          <thead>
            <tr>
              <th scope="col">{trans.__('Worker')}</th>
              <th scope="col">{trans.__('At')}</th>
              <th scope="col" className="jp-mod-number">
                {trans.__('For')}
              </th>
              <th scope="col" className="jp-mod-number">
                {trans.__('Fits done')}
              </th>
              <th scope="col">{trans.__('Learning')}</th>
            </tr>
          </thead>
          <tbody>
            {workers.map(line => (
              <Row key={line.name} line={line} since={since} trans={trans} />
            ))}
          </tbody>
        </table>
        {more > 0 && (
          <p className="jp-TsmlLive-note">{trans.__('and %1 more', more)}</p>
        )}
      </div>
    </Section>
  );
}

function Row(props: {
  line: WorkerLine;
  since: number;
  trans: ITranslation;
}): JSX.Element {
  const { line, since, trans } = props;
  return (
    <tr className={isBusy(line) ? '' : 'jp-mod-idle'}>
      <th scope="row" title={line.node ?? undefined}>
        {line.name}
      </th>
      <td>{taskText(line, trans)}</td>
      <td className="jp-mod-number">
        {line.what === null ? '' : formatDuration(line.seconds + since)}
      </td>
      <td className="jp-mod-number">{line.done}</td>
      <td className="jp-TsmlLive-learning">
        <Learning line={line} trans={trans} />
      </td>
    </tr>
  );
}

function Learning(props: {
  line: WorkerLine;
  trans: ITranslation;
}): JSX.Element | null {
  const { line, trans } = props;
  const { step, steps, curve } = line;
  if (step === null) {
    return null;
  }
  const last = curve[curve.length - 1];
  const label =
    last === undefined
      ? trans.__('Rounds')
      : `${line.curve_of ?? trans.__('Loss')}: ${formatNumber(last)}`;
  return (
    <span title={label}>
      <progress
        aria-label={trans.__('Rounds')}
        max={steps ?? undefined}
        value={steps ? step : undefined}
      />
      <span className="jp-mod-steps">{steps ? `${step}/${steps}` : step}</span>
      <Sparkline
        curve={learningCurve(curve, steps ? step / steps : 1)}
        label={label}
      />
    </span>
  );
}

/** The workers, each in the row where it was before. */
function useRows(workers: readonly WorkerLine[]): WorkerLine[] {
  const [rows, setRows] = React.useState<readonly string[]>([]);
  const kept = keepRows(
    rows,
    workers.map(line => line.name)
  );
  if (
    kept.length !== rows.length ||
    kept.some((name, at) => name !== rows[at])
  ) {
    setRows(kept);
  }
  return inRows(kept, workers);
}
