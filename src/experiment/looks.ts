import type { IDisposable } from '@lumino/disposable';
import { JSONExt } from '@lumino/coreutils';
import { Debouncer } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { errorLine, type TsmlClient } from '../api';
import type { DataPreview, FoldPicture, Issue, PreviewQuery } from '../wire';
import { issueOf } from './issues';
import { mapping, type Document } from './json';
import type { DraftModel } from './model';

/** Milliseconds between the last change and the look. */
const PATIENCE = 400;

/** What came of a look: what is shown, and the mistakes that came to light at fields of the document. */
interface ISeen<T> {
  value: T | null;
  issues: readonly Issue[];
}

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

  /** Why nothing can be shown, where that is no mistake at a field; empty when nothing is wrong. */
  get error(): string {
    return this._error;
  }

  /** The mistakes at fields of the document that came to light. */
  get issues(): readonly Issue[] {
    return this._issues;
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
  protected abstract look(key: K): Promise<ISeen<T>>;

  /** Look again when what the look depends on has changed. */
  protected follow(): void {
    const key = this.key();
    if (JSONExt.deepEqual(key, this._key)) {
      return;
    }
    this._key = key;
    this._turn++;
    this._busy = key !== null;
    this._issues = [];
    if (key === null) {
      this._value = null;
      this._error = '';
    } else {
      void this._debouncer.invoke().catch(() => undefined);
    }
    this._changed.emit();
  }

  /** Ask for what is wanted now; one question at a time, so that a slow look is not started over and over. */
  private _ask(): Promise<void> {
    this._asking = this._asking.then(() => this._askOnce());
    return this._asking;
  }

  private async _askOnce(): Promise<void> {
    const key = this._key;
    const turn = this._turn;
    if (key === null || !this._busy || this._isDisposed) {
      return;
    }
    let seen: ISeen<T> = { value: null, issues: [] };
    let error = '';
    try {
      seen = await this.look(key);
    } catch (reason) {
      const issue = issueOf(reason);
      seen = { value: null, issues: issue ? [issue] : [] };
      error = issue ? '' : errorLine(reason);
    }
    if (turn === this._turn && !this._isDisposed) {
      this._value = seen.value;
      this._issues = seen.issues;
      this._error = error;
      this._busy = false;
      this._changed.emit();
    }
  }

  private _key: K | null = null;
  private _value: T | null = null;
  private _error = '';
  private _issues: readonly Issue[] = [];
  private _asking = Promise.resolve();
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
    const query: Document = { path, time: DEFAULT_TIME };
    for (const [name, value] of Object.entries({
      time,
      entity,
      calendar,
      timezone
    })) {
      if (typeof value === 'string' && value) {
        query[name] = value;
      }
    }
    return query;
  }

  protected async look(key: Document): Promise<ISeen<DataPreview>> {
    const query = key as unknown as PreviewQuery;
    try {
      return atFields(await this.client.preview(query));
    } catch (reason) {
      const issue = issueOf(reason);
      if (!issue) {
        throw reason;
      }
      if (issue.field.endsWith('path')) {
        return { value: null, issues: [{ ...issue, field: 'data.path' }] };
      }
      // A calendar that does not exist must not hide the columns that do.
      const { path, time, entity } = query;
      const { value } = atFields(
        await this.client.preview({ path, time, entity })
      );
      return { value, issues: [issue] };
    }
  }
}

/** The time column of a document that names none. */
const DEFAULT_TIME = 'time';
/** A problem of the data that begins with the field it is about. */
const AT_FIELD = /^(data\.\w+): (.+)$/s;

/** Tell the problems that belong to a field of the document from the others. */
function atFields(preview: DataPreview): ISeen<DataPreview> {
  const issues: Issue[] = [];
  const problems: string[] = [];
  for (const problem of preview.problems) {
    const [, field, message] = AT_FIELD.exec(problem) ?? [];
    if (field && message) {
      issues.push({ line: null, field, message, hint: null });
    } else {
      problems.push(problem);
    }
  }
  return { value: { ...preview, problems }, issues };
}

/**
 * The picture of the draft's folds; cutting them finds every mistake that only the data can tell.
 */
export class FoldLook extends Look<Document, FoldPicture> {
  /** Say whether somebody looks at the form; nothing is asked before. */
  want(wanted: boolean): void {
    this._wanted = wanted;
    this.follow();
  }

  protected key(): Document | null {
    const { valid, checking, spec } = this.draft;
    if (!this._wanted || !valid || checking || !spec['data']) {
      return this._last;
    }
    this._spec = spec;
    const { data, target, features, split } = spec;
    this._last = Object.fromEntries(
      Object.entries({ data, target, features, split }).filter(([, v]) => v)
    ) as Document;
    return this._last;
  }

  protected async look(): Promise<ISeen<FoldPicture>> {
    const value = await this.client.folds({ spec: this._spec, base: '' });
    return { value, issues: [] };
  }

  private _wanted = false;
  private _last: Document | null = null;
  private _spec: Document = {}; // the newest one that was found valid
}
