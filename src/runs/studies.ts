import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { errorLine, type TsmlClient } from '../api';
import type { DetachedStudy, StudyRequest, StudyStatus } from '../wire';
import { hear } from '../live/announce';
import { StudyLogs } from './logs';

/** Where a study runs. */
export type Executor = NonNullable<StudyRequest['executor']>;

/** Milliseconds between two looks, while a study runs and while none does. */
const BUSY = 2000;
const IDLE = 20000;
const MOST = 60000;
const LIMIT = 10;

/** Milliseconds for which what a panel says counts more than the server's record. */
const FRESH = 3000;

/**
 * Whether nothing more will come from a study.
 */
export function isOver(study: StudyStatus): boolean {
  return study.status !== 'queued' && study.status !== 'running';
}

/**
 * The latest studies, followed while somebody looks.
 */
export class StudiesModel implements IDisposable {
  /**
   * @param client - The server.
   */
  constructor(private readonly client: TsmlClient) {
    this.logs = new StudyLogs(client);
    this.logs.changed.connect(() => this._changed.emit());
    this._deafen = hear(status => this._hear(status));
    this._poll = new Poll({
      name: 'jupyterlab-tsml:studies',
      auto: false,
      factory: () => this._look(),
      frequency: { interval: IDLE, backoff: true, max: MOST },
      standby: () => (this._watched ? 'when-hidden' : true)
    });
  }

  /** What the studies have printed, for those that are asked for it. */
  readonly logs: StudyLogs;

  /** The studies or what is known about them have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** An experiment or a study has ended, so that there are new runs to list. */
  get ended(): ISignal<this, void> {
    return this._ended;
  }

  /** The latest studies, newest first; null until they are known. */
  get studies(): readonly StudyStatus[] | null {
    return this._studies;
  }

  /** Why they could not be had; empty when they could. */
  get error(): string {
    return this._error;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Where a study can run. */
  get executors(): readonly Executor[] {
    return this._executors;
  }

  /** Ask where a study can run; once. */
  loadExecutors(): Promise<void> {
    this._asking ??= this.client.status().then(
      status => {
        this._executors = status.executors as Executor[];
        this._changed.emit();
      },
      () => {
        // Only the choice is lost; the tabs say that the server does not answer.
        this._asking = null;
      }
    );
    return this._asking;
  }

  /** Say whether somebody looks. */
  watch(watched: boolean): void {
    this._watched = watched;
    if (watched) {
      void this.refresh();
    }
  }

  /** Look now. */
  async refresh(): Promise<void> {
    if (!this._isDisposed) {
      await this._poll.refresh().catch(() => undefined);
    }
  }

  /** Start a study and follow it; the same document again is the same study, unless it is to be a fresh one. */
  async start(
    document: { yaml: string } | { spec: Record<string, unknown> },
    executor: Executor,
    fresh = false
  ): Promise<DetachedStudy> {
    const started = await this.client.startStudy({
      ...document,
      base: '',
      executor,
      fresh
    });
    this._take([started, ...this._without(started.study)]);
    void this.refresh();
    return started;
  }

  /** Ask a study to stop. */
  async stop(id: string): Promise<void> {
    try {
      const stopped = await this.client.stopStudy(id);
      const all = this._studies ?? [];
      this._take(all.map(study => (study.study === id ? stopped : study)));
    } catch (reason) {
      this._error = errorLine(reason);
      this._changed.emit();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._poll.dispose();
    this.logs.dispose();
    this._deafen();
    Signal.clearData(this);
  }

  private async _look(): Promise<void> {
    try {
      const studies = await this.client.studies(LIMIT);
      this._error = '';
      this._take(studies);
      await this.logs.refresh(studies);
    } catch (reason) {
      this._error = errorLine(reason);
      this._changed.emit();
      throw reason;
    }
  }

  /** Take in what the panel of a notebook on this page knows; an earlier study that it shows again is left to the server's order. */
  private _hear(status: StudyStatus): void {
    const known = this._studies?.some(one => one.study === status.study);
    if (!this._watched || !this._studies || (!known && isOver(status))) {
      return;
    }
    this._heard.set(status.study, { status, at: Date.now() });
    this._take(known ? this._studies : [status, ...this._studies]);
  }

  /** Of a study that is being heard of, what was heard: the server knows it a second later. */
  private _newest(study: StudyStatus): StudyStatus {
    const heard = this._heard.get(study.study);
    return heard && !isOver(study) && Date.now() - heard.at < FRESH
      ? heard.status
      : study;
  }

  private _take(asked: readonly StudyStatus[]): void {
    if (this._isDisposed) {
      return;
    }
    const studies = asked.map(study => this._newest(study));
    const before = endings(this._studies ?? []);
    const known = this._studies !== null;
    this._studies = studies;
    const interval = studies.every(isOver) ? IDLE : BUSY;
    if (this._poll.frequency.interval !== interval) {
      this._poll.frequency = { interval, backoff: true, max: MOST };
    }
    this._changed.emit();
    if (known && endings(studies) !== before) {
      this._ended.emit();
    }
  }

  private _without(id: string): StudyStatus[] {
    return (this._studies ?? []).filter(study => study.study !== id);
  }

  private _studies: readonly StudyStatus[] | null = null;
  private readonly _deafen: () => void;
  private readonly _heard = new Map<
    string,
    { status: StudyStatus; at: number }
  >();
  private _error = '';
  private _executors: readonly Executor[] = ['local'];
  private _asking: Promise<void> | null = null;
  private _watched = false;
  private _isDisposed = false;
  private readonly _poll: Poll;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, void>(this);
}

/** Which experiments and studies have ended, as one text to compare. */
function endings(studies: readonly StudyStatus[]): string {
  return studies
    .map(study => {
      const over = study.experiments.filter(
        one => one.status !== 'queued' && one.status !== 'running'
      );
      return `${study.study}:${over.length}:${isOver(study)}`;
    })
    .sort()
    .join();
}
