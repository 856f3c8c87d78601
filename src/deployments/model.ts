import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import { errorLine, type TsmlClient } from '../api';
import type { Schedule } from '../wire';

/**
 * The schedules of the DAGs folder.
 */
export class DeploymentsModel implements IDisposable {
  /**
   * @param client - The server.
   */
  constructor(private readonly client: TsmlClient) {}

  /** What is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The schedules, by name; null until they are known. */
  get schedules(): readonly Schedule[] | null {
    return this._schedules;
  }

  /** The folder of the DAG files. */
  get folder(): string {
    return this._folder;
  }

  /** Why they could not be had; empty when they could. */
  get error(): string {
    return this._error;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Ask for them again. */
  async reload(): Promise<void> {
    try {
      this._schedules = await this.client.schedules();
      this._error = '';
      this._folder ||= (await this.client.status()).dags_folder;
    } catch (reason) {
      this._error = errorLine(reason);
    }
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  /** Take a schedule away. */
  async remove(name: string): Promise<void> {
    try {
      await this.client.deleteSchedule(name);
    } catch (reason) {
      this._error = errorLine(reason);
      this._changed.emit();
      return;
    }
    await this.reload();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _schedules: readonly Schedule[] | null = null;
  private _folder = '';
  private _error = '';
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
