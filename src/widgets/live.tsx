import '../../style/live.css';
import {
  announce,
  LivePanel,
  serverOfPage,
  stopByServer,
  type IFailure,
  type IScheduleAnswer
} from '../live';
import type { StudyStatus } from '../wire';
import {
  ask,
  textOf,
  type IMessage,
  type IRenderContext,
  type IWidgetModel
} from './model';
import { rootIn } from './root';

const PATIENCE = 300;

/**
 * Show the live panel of a widget's model.
 *
 * @returns what takes it away again
 */
function render({ model, el }: IRenderContext): () => void {
  const root = rootIn(el);
  let problem: string | null = null;
  let asked = false;
  const draw = (): void => {
    const status = model.get('status') as StudyStatus | Record<string, never>;
    root.render(
      <LivePanel
        status={'study' in status ? (status as StudyStatus) : null}
        stopping={asked || model.get('stopping') === true}
        failures={model.get('failures') as IFailure[]}
        problem={problem}
        onStop={stop}
        onSchedule={(runId, name) => schedule(model, runId, name)}
      />
    );
  };
  const tell = (): void => {
    const status = model.get('status') as StudyStatus | Record<string, never>;
    if ('study' in status && !document.hidden) {
      announce(status as StudyStatus);
    }
    draw();
  };
  const failed = (text: string): void => {
    problem = text;
    asked = false;
    draw();
  };
  const stop = (): void => {
    asked = true;
    problem = null;
    draw();
    void requestStop(model).catch((error: unknown) => failed(String(error)));
  };
  const listen = (message: IMessage): void => {
    if (message.kind === 'stop_failed') {
      failed(textOf(message['text']));
    }
  };
  model.on('change:status', tell);
  model.on('change:stopping', draw);
  model.on('msg:custom', listen);
  draw();
  return () => {
    model.off('change:status', tell);
    model.off('change:stopping', draw);
    model.off('msg:custom', listen);
    root.unmount();
  };
}

/** Tell the kernel; where it does not answer in time (a cell is running), tell the server. */
async function requestStop(model: IWidgetModel): Promise<void> {
  model.send({ kind: 'stop' });
  await new Promise(resolve => setTimeout(resolve, PATIENCE));
  const status = model.get('status') as StudyStatus;
  if (model.get('stopping') === true || status.status !== 'running') {
    return;
  }
  const server = serverOfPage(document);
  const kernel =
    model.get('detached') === true ? null : textOf(model.get('kernel'));
  if (server) {
    await stopByServer(server, status.study, kernel || null);
  }
}

async function schedule(
  model: IWidgetModel,
  runId: string,
  name: string
): Promise<IScheduleAnswer> {
  const answer = await ask(model, { kind: 'schedule', run_id: runId, name });
  return { ok: answer['ok'] === true, text: textOf(answer['text']) };
}

export default { render };
