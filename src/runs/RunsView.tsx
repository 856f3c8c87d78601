import type { TranslationBundle } from '@jupyterlab/translation';
import {
  ellipsesIcon,
  refreshIcon,
  UseSignal
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import { CommandIDs } from '../commands/ids';
import { Mistakes } from '../sidebar/Mistakes';
import type { RunSummary } from '../wire';
import { formatNumber, formatScore } from '../compare/format';
import { AuditFailedBadge, NaiveBadge } from '../compare/RunBadges';
import { statusText } from '../live/statusText';
import { moment } from './format';
import type { RunsModel } from './runs';
import { isOver, type StudiesModel } from './studies';
import { StudyCard } from './StudyCard';

/** What the Runs tab is drawn from. */
export interface IRunsView {
  /** The studies. */
  studies: StudiesModel;
  /** The recorded runs. */
  runs: RunsModel;
  /** What the buttons do. */
  commands: CommandRegistry;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * The Runs tab: studies as they run, and the recorded runs below.
 */
export function RunsView(props: IRunsView): JSX.Element {
  const { studies, runs } = props;
  return (
    <div className="jp-Tsml-runs">
      <UseSignal signal={studies.changed}>
        {() => <Studies {...props} />}
      </UseSignal>
      <UseSignal signal={runs.changed}>{() => <Runs {...props} />}</UseSignal>
    </div>
  );
}

function Studies(props: IRunsView): JSX.Element {
  const { studies, trans } = props;
  const known = studies.studies;
  const shown = known?.filter((study, index) => index < 3 || !isOver(study));
  return (
    <section aria-label={trans.__('Studies')}>
      <h3 className="jp-Tsml-title">{trans.__('Studies')}</h3>
      {studies.error && <Mistakes texts={[studies.error]} />}
      {!known && !studies.error && (
        <p className="jp-Tsml-empty">{trans.__('Loading…')}</p>
      )}
      {known?.length === 0 && (
        <p className="jp-Tsml-empty">
          {trans.__('No study yet. Write one under Experiment and press Run.')}
        </p>
      )}
      {shown?.map((study, index) => (
        <StudyCard
          key={study.study}
          study={study}
          open={index === 0}
          log={studies.logs.of(study.study)}
          onLog={() => void studies.logs.toggle(study.study)}
          onStop={() => void studies.stop(study.study)}
          trans={trans}
        />
      ))}
    </section>
  );
}

function Runs(props: IRunsView): JSX.Element {
  const { runs, commands, trans } = props;
  const chosen = runs.chosen.length;
  return (
    <section aria-label={trans.__('Runs')}>
      <div className="jp-Tsml-titleRow">
        <h3 className="jp-Tsml-title">{trans.__('Runs')}</h3>
        <button
          type="button"
          className="jp-Tsml-iconButton"
          aria-label={trans.__('Refresh')}
          title={trans.__('Refresh')}
          onClick={() => void runs.reload()}
        >
          <refreshIcon.react tag="span" width="14px" height="14px" />
        </button>
      </div>
      <div className="jp-Tsml-filterRow">
        <input
          type="search"
          className="jp-Tsml-input"
          aria-label={trans.__('Filter')}
          placeholder={trans.__('Name, or metrics.mae < 0.1')}
          value={runs.filter}
          onChange={event => {
            runs.filter = event.target.value;
          }}
        />
        <button
          type="button"
          className="jp-Tsml-button jp-mod-accept"
          disabled={chosen === 0}
          onClick={() => void commands.execute(CommandIDs.compare)}
        >
          {chosen ? trans.__('Compare (%1)', chosen) : trans.__('Compare')}
        </button>
      </div>
      {runs.error && <Mistakes texts={[runs.error]} />}
      {!runs.runs && !runs.error && (
        <p className="jp-Tsml-empty">{trans.__('Loading…')}</p>
      )}
      {runs.runs?.length === 0 && (
        <p className="jp-Tsml-empty">
          {runs.filter ? trans.__('No run fits.') : trans.__('No run yet.')}
        </p>
      )}
      <ul className="jp-Tsml-runList">
        {runs.runs?.map(run => (
          <RunItem key={run.run_id} run={run} {...props} />
        ))}
      </ul>
      {runs.hasMore && (
        <button
          type="button"
          className="jp-Tsml-button"
          disabled={runs.busy}
          onClick={() => void runs.more()}
        >
          {trans.__('More')}
        </button>
      )}
    </section>
  );
}

function RunItem(props: IRunsView & { run: RunSummary }): JSX.Element {
  const { run, runs, commands, trans } = props;
  const std = run.cv_std[run.metric];
  const test = run.test[run.metric];
  return (
    <li className="jp-Tsml-run" data-status={run.status}>
      <input
        type="checkbox"
        aria-label={trans.__('Choose %1', run.name)}
        checked={runs.chosen.includes(run.run_id)}
        onChange={event => runs.choose(run.run_id, event.target.checked)}
      />
      <div className="jp-Tsml-runText">
        <div className="jp-Tsml-runName" title={run.run_id}>
          <b>{run.name}</b>
          {run.beats_baselines === false && <NaiveBadge trans={trans} />}
          {run.audit === 'failed' && <AuditFailedBadge trans={trans} />}
          {run.status !== 'finished' && (
            <span
              className="jp-Tsml-status"
              data-status={run.status}
              title={run.error ?? ''}
            >
              {statusText(run.status, trans)}
            </span>
          )}
        </div>
        <div className="jp-Tsml-facts">
          <span>
            {run.metric} {formatScore(run.cv[run.metric], std)}
          </span>
          {test !== undefined && (
            <span>{trans.__('test %1', formatNumber(test))}</span>
          )}
        </div>
        <div className="jp-Tsml-facts jp-mod-quiet">
          <span>{run.study_name}</span>
          <span>{moment(run.started)}</span>
        </div>
      </div>
      <button
        type="button"
        className="jp-Tsml-iconButton"
        aria-haspopup="menu"
        aria-label={trans.__('Actions for %1', run.name)}
        onClick={event => {
          const box = event.currentTarget.getBoundingClientRect();
          openMenu(commands, run, box.left, box.bottom);
        }}
      >
        <ellipsesIcon.react tag="span" width="16px" height="16px" />
      </button>
    </li>
  );
}

function openMenu(
  commands: CommandRegistry,
  run: RunSummary,
  x: number,
  y: number
): void {
  const menu = new Menu({ commands });
  const { run_id } = run;
  const finished = run.status === 'finished';
  menu.addItem({ command: CommandIDs.compare, args: { runs: [run_id] } });
  if (finished) {
    menu.addItem({ command: CommandIDs.schedule, args: { run: run_id } });
  }
  menu.addItem({ command: CommandIDs.loadFromRun, args: { run: run_id } });
  menu.addItem({ type: 'separator' });
  menu.addItem({ command: CommandIDs.copyRunId, args: { run: run_id } });
  // The menu closes before its command runs; it goes when it is closed for good.
  menu.aboutToClose.connect(() => {
    requestAnimationFrame(() => menu.dispose());
  });
  menu.open(x, y);
}
