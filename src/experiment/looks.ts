import type { IDisposable } from '@lumino/disposable';
import { JSONExt } from '@lumino/coreutils';
import { Debouncer } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { errorLine, type TsmlClient } from '../api';
import type { DataPreview, FoldPicture, PreviewQuery } from '../wire';
import { mapping, type Document } from './json';
import type { DraftModel } from './model';

/** Milliseconds between the last change and the look. */
const PATIENCE = 400;

/**
 * Something that the server shows about the draft, looked at again whenever what it depends on changes.
 *
 * @typeParam K - What it depends on, as plain data.
 * @typeParam T - What is shown.
 */
abstract class Look<K extends Document, T> implements IDisposable {
  constructor(
    protected readonly client: TsmlClient,
    protected readonly draft: DraftModel
  ) {
    draft.changed.connect(this.follow, this);
  }

  /** What is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What is shown; null while nothing can be. */
  get value(): T | null {
    return this._value;
  }

  /** Why nothing can be shown; empty when nothing is wrong. */
  get error(): string {
    return this._error;
  }

  /** Whether an answer is awaited. */
  get busy(): boolean {
    return this._busy;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._debouncer.dispose();
    Signal.clearData(this);
  }

  /** What the look depends on now; null when there is nothing to look at. */
  protected abstract key(): K | null;

  /** Ask the server. */
  protected abstract look(key: K): Promise<T>;

  /** Look again when what the look depends on has changed. */
  protected follow(): void {
    const key = this.key();
    if (JSONExt.deepEqual(key, this._key)) {
      return;
    }
    this._key = key;
    this._turn++;
    this._busy = key !== null;
    if (key === null) {
      this._value = null;
      this._error = '';
    } else {
      void this._debouncer.invoke().catch(() => undefined);
    }
    this._changed.emit();
  }

  private async _ask(): Promise<void> {
    const key = this._key;
    const turn = this._turn;
    if (key === null) {
      return;
    }
    let value: T | null = null;
    let error = '';
    try {
      value = await this.look(key);
    } catch (reason) {
      error = errorLine(reason);
    }
    if (turn === this._turn && !this._isDisposed) {
      this._value = value;
      this._error = error;
      this._busy = false;
      this._changed.emit();
    }
  }

  private _key: K | null = null;
  private _value: T | null = null;
  private _error = '';
  private _busy = false;
  private _turn = 0;
  private _isDisposed = false;
  private readonly _debouncer = new Debouncer(() => this._ask(), PATIENCE);
  private readonly _changed = new Signal<this, void>(this);
}

/**
 * The first look at the data file that the draft names.
 */
export class PreviewLook extends Look<Document, DataPreview> {
  protected key(): Document | null {
    const data = mapping(this.draft.spec['data']);
    const { path, time, entity, calendar, timezone } = data;
    if (typeof path !== 'string' || !path) {
      return null;
    }
    const query: Document = { path };
    for (const [name, value] of Object.entries({
      entity,
      calendar,
      timezone
    })) {
      if (typeof value === 'string' && value) {
        query[name] = value;
      }
    }
    if (typeof time === 'string' && time && time !== 'time') {
      query['time'] = time;
    }
    return query;
  }

  protected async look(key: Document): Promise<DataPreview> {
    try {
      return await this.client.preview(key as unknown as PreviewQuery);
    } catch (reason) {
      // A column that does not exist must not hide the columns that do.
      const { path } = key;
      if (Object.keys(key).length === 1 || typeof path !== 'string') {
        throw reason;
      }
      const plain = await this.client.preview({ path });
      return { ...plain, problems: [errorLine(reason), ...plain.problems] };
    }
  }
}

/**
 * The picture of the draft's folds.
 */
export class FoldLook extends Look<Document, FoldPicture> {
  /** Say whether somebody looks at the picture; nothing is asked before. */
  want(wanted: boolean): void {
    this._wanted = wanted;
    this.follow();
  }

  protected key(): Document | null {
    const { valid, spec } = this.draft;
    if (!this._wanted || !valid || !spec['data']) {
      return this._last;
    }
    const { data, target, features, split } = spec;
    this._last = Object.fromEntries(
      Object.entries({ data, target, features, split }).filter(([, v]) => v)
    ) as Document;
    return this._last;
  }

  protected look(): Promise<FoldPicture> {
    return this.client.folds({ spec: this.draft.spec, base: '' });
  }

  private _wanted = false;
  private _last: Document | null = null;
}
