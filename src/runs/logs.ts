import { Signal, type ISignal } from '@lumino/signaling';
import { errorLine, type TsmlClient } from '../api';
import type { StudyStatus } from '../wire';
import { hasEnded } from '../live/ranking';

/** How many of the last lines are shown. */
const LINES = 200;

/**
 * What is shown of a study's log; null lines are not there yet.
 */
export interface IShownLog {
  readonly lines: readonly string[] | null;
  readonly error: string;
}

const EMPTY: IShownLog = { lines: null, error: '' };

/**
 * The last lines of the studies whose log somebody reads; they come with the studies' own poll.
 */
export class StudyLogs {
  /**
   * @param client - The server.
   */
  constructor(private readonly client: Pick<TsmlClient, 'studyLog'>) {}

  /** A log is shown, has changed or is hidden. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The log of a study, or nothing while it is hidden. */
  of(study: string): IShownLog | null {
    return this._shown.get(study) ?? null;
  }

  /** Show the log of a study, or hide it. */
  async toggle(study: string): Promise<void> {
    if (this._shown.delete(study)) {
      this._changed.emit();
      return;
    }
    this._shown.set(study, EMPTY);
    this._changed.emit();
    await this._read(study);
  }

  /** Read the shown logs of these studies again, as far as more can come. */
  async refresh(studies: readonly StudyStatus[]): Promise<void> {
    const grows = studies.filter(
      study =>
        this._shown.has(study.study) &&
        !(hasEnded(study) && this._complete.has(study.study))
    );
    await Promise.all(
      grows.map(async study => {
        await this._read(study.study);
        if (hasEnded(study)) {
          this._complete.add(study.study);
        }
      })
    );
  }

  /** Let go of whoever listens. */
  dispose(): void {
    Signal.clearData(this);
  }

  private async _read(study: string): Promise<void> {
    const before = this._shown.get(study) ?? EMPTY;
    const log = await this.client.studyLog(study, LINES).then(
      ({ lines }): IShownLog => ({ lines, error: '' }),
      (reason: unknown): IShownLog => ({
        lines: before.lines,
        error: errorLine(reason)
      })
    );
    if (this._shown.has(study)) {
      this._shown.set(study, log);
      this._changed.emit();
    }
  }

  private readonly _shown = new Map<string, IShownLog>();
  private readonly _complete = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
}
