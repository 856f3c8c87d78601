import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { errorLine, type TsmlClient } from '../api';
import type { StudyRequest, StudyStatus } from '../wire';

/** Where a study runs. */
export type Executor = NonNullable<StudyRequest['executor']>;

/** Milliseconds between two looks, while a study runs and while none does. */
const BUSY = 2000;
const IDLE = 20000;
const MOST = 60000;
const LIMIT = 10;

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
    this._poll = new Poll({
      name: 'jupyterlab-tsml:studies',
      auto: false,
      factory: () => this._look(),
      frequency: { interval: IDLE, backoff: true, max: MOST },
      standby: () => (this._watched ? 'when-hidden' : true)
    });
  }

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

  /** Start a study and follow it. */
  async start(
    document: { yaml: string } | { spec: Record<string, unknown> },
    executor: Executor
  ): Promise<StudyStatus> {
    const started = await this.client.startStudy({
      ...document,
      base: '',
      executor
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
    Signal.clearData(this);
  }

  private async _look(): Promise<void> {
    try {
      const studies = await this.client.studies(LIMIT);
      this._error = '';
      this._take(studies);
    } catch (reason) {
      this._error = errorLine(reason);
      this._changed.emit();
      throw reason;
    }
  }

  private _take(studies: readonly StudyStatus[]): void {
    if (this._isDisposed) {
      return;
    }
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
