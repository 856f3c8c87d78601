import type { IStateDB } from '@jupyterlab/statedb';
import { JSONExt, type ReadonlyJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { ApiError, errorLine, type TsmlClient } from '../api';
import type { DataPreview, Issue, SchemaReply, ValidateReply } from '../wire';
import { issueOf, mergeIssues } from './issues';
import { mapping, type Document } from './json';
import { adaptSchema, type DrawnSchema } from './schema';
import { concise } from './summary';
import { writeYaml } from './yaml';

/** Which side of the document is edited. */
export type View = 'form' | 'yaml';

/** Milliseconds between the last key and the check by the server. */
const PATIENCE = 300;
const STATE_KEY = 'jupyterlab-tsml:draft';

/**
 * The experiment that is being written: one document, edited as a form or as YAML.
 *
 * The side that is edited is never overwritten by the other one; the other one follows when the server
 * finds the document valid. Paths of data files are relative to the server's root.
 */
export class DraftModel implements IDisposable {
  /**
   * @param client - The server.
   * @param state - Where the draft survives a reload; nowhere when null.
   */
  constructor(
    private readonly client: TsmlClient,
    private readonly state: IStateDB | null
  ) {}

  /** Something that is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The adapted schema; null until it is loaded. */
  get schema(): DrawnSchema | null {
    return this._schema;
  }

  /** The document as data: what the form shows. */
  get spec(): Document {
    return this._spec;
  }

  /** The document as text: what the YAML view shows. */
  get yaml(): string {
    return this._yaml;
  }

  /** The side that is edited. */
  get view(): View {
    return this._view;
  }

  /** The mistakes of the document as it stands; when it has none, those that a look at its data found. */
  get issues(): readonly Issue[] {
    return this._shown;
  }

  /** Whether the server has found the document valid as it stands. */
  get valid(): boolean {
    return this._valid;
  }

  /** Whether the document is valid, checked, and no look at its data found a mistake. */
  get ready(): boolean {
    return this._valid && !this._checking && !this._shown.length;
  }

  /** Whether an answer about the document is awaited. */
  get checking(): boolean {
    return this._checking;
  }

  /** Why the server could not be asked; empty when it could. */
  get error(): string {
    return this._error;
  }

  /** The file that the document was opened from or saved to. */
  get file(): string | null {
    return this._file;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Load the schema, and the draft of the last session or the one to start with; once. */
  load(): Promise<void> {
    this._loading ??= this._load().catch((reason: unknown) => {
      this._loading = null;
      this._error = errorLine(reason);
      this._changed.emit();
    });
    return this._loading;
  }

  /** Take over a change of the form: top-level keys with new values; undefined removes one. */
  edit(changes: Record<string, unknown>): void {
    const merged: Record<string, unknown> = { ...this._spec, ...changes };
    const kept = Object.entries(merged).filter(([, v]) => v !== undefined);
    this._spec = Object.fromEntries(kept) as Document;
    this._touched();
  }

  /** Take over the time and the entity column that a file suggests, where the document names none. */
  adopt(preview: DataPreview): void {
    const data = mapping(this._spec['data']);
    const known = preview.columns.some(one => one.name === data['time']);
    const time = preview.time ?? preview.time_candidates[0];
    const named = data['time'] !== undefined && data['time'] !== 'time';
    const found: Document = {};
    if (!known && !named && time) {
      found['time'] = time;
    }
    if (data['entity'] === undefined && preview.entity) {
      found['entity'] = preview.entity;
    }
    if (this._view === 'form' && Object.keys(found).length) {
      this.edit({ data: { ...data, ...found } });
    }
  }

  /** Take over the text of the YAML editor. */
  write(text: string): void {
    if (text !== this._yaml) {
      this._yaml = text;
      this._touched();
    }
  }

  /**
   * Go to the other side.
   *
   * @returns False when the YAML has mistakes, so that the form could not show it.
   */
  async show(view: View): Promise<boolean> {
    if (view === this._view) {
      return true;
    }
    await this.settle();
    if (view === 'form' && !this._valid) {
      return false;
    }
    if (view === 'yaml') {
      this._yaml = await this.text();
    }
    this._view = view;
    if (!this._valid) {
      await this._check();
    }
    this._save();
    this._changed.emit();
    return true;
  }

  /** The document as text, mistakes included. */
  async text(): Promise<string> {
    const stale = this._view === 'form' && !this._valid && this._schema;
    return stale ? writeYaml(concise(this._spec, stale)) : this._yaml;
  }

  /** Start a new document. */
  async renew(): Promise<void> {
    await this.load();
    if (this._start) {
      await this.replace(this._start.default_yaml, null);
    }
  }

  /**
   * Replace the document.
   *
   * @param yaml - The text; its data paths start from the server's root.
   * @param file - The file that it was read from.
   */
  async replace(yaml: string, file: string | null): Promise<void> {
    await this.load();
    this._yaml = yaml;
    this._file = file;
    this._view = 'yaml';
    this._touched();
    await this.settle();
    if (this._valid) {
      this._view = 'form';
      this._save();
      this._changed.emit();
    }
  }

  /** Remember the file that the document was saved to. */
  saved(file: string): void {
    this._file = file;
    this._save();
    this._changed.emit();
  }

  /** Wait until the document as it stands has been checked. */
  async settle(): Promise<void> {
    await this._debouncer.stop();
    if (this._dirty) {
      await this._check();
    }
  }

  /**
   * Take over what a look at the data found.
   *
   * @param by - Which look it was; what it found before no longer counts.
   */
  found(by: string, issues: readonly Issue[]): void {
    const before = this._found.get(by) ?? [];
    if (!sameIssues(before, issues)) {
      this._found.set(by, issues);
      this._show();
      this._changed.emit();
    }
  }

  /**
   * Show at its field what a refused request says about the document.
   *
   * @returns Whether the error names mistakes of the document; a server that is away is none.
   */
  report(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.status >= 500) {
      return false;
    }
    const issue = issueOf(error);
    const issues = error.issues.length ? error.issues : issue ? [issue] : [];
    if (issues.length) {
      this._issues = issues;
      this._show();
      this._changed.emit();
    }
    return issues.length > 0;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._debouncer.dispose();
    Signal.clearData(this);
  }

  private async _load(): Promise<void> {
    const [start, kept] = await Promise.all([
      this.client.schema(),
      this.state?.fetch(STATE_KEY)
    ]);
    this._start = start;
    this._schema = adaptSchema(start.schema as Document);
    this._error = '';
    const draft = kept as unknown as IKeptDraft | undefined;
    this._spec = draft?.spec ?? (start.default_spec as Document);
    this._yaml = draft?.yaml ?? start.default_yaml;
    this._view = draft?.view ?? 'form';
    this._file = draft?.file ?? null;
    this._dirty = true;
    await this._check();
  }

  private _touched(): void {
    this._dirty = true;
    this._checking = true;
    this._changed.emit();
    void this._debouncer.invoke().catch(() => undefined);
  }

  private async _check(): Promise<void> {
    const turn = ++this._turn;
    const view = this._view;
    this._checking = true;
    this._dirty = false;
    const document =
      view === 'form' ? { spec: this._spec } : { yaml: this._yaml };
    try {
      const reply = await this.client.validate({ ...document, base: '' });
      if (turn === this._turn && !this._isDisposed) {
        this._take(reply, view);
      }
    } catch (reason) {
      if (turn === this._turn && !this._isDisposed) {
        this._valid = false;
        this._issues = [];
        this._error = errorLine(reason);
        this._show();
      }
    }
    if (turn === this._turn && !this._isDisposed) {
      this._checking = this._dirty;
      this._save();
      this._changed.emit();
    }
  }

  private _take(reply: ValidateReply, view: View): void {
    this._error = '';
    this._issues = reply.issues;
    this._valid = reply.valid;
    this._show();
    if (view === 'form' && reply.yaml !== null) {
      this._yaml = reply.yaml;
    }
    if (view === 'yaml' && reply.spec !== null) {
      this._spec = reply.spec as Document;
    }
  }

  private _show(): void {
    const found = this._issues.length ? [] : this._found.values();
    this._shown = mergeIssues(this._issues, found);
  }

  private _save(): void {
    const kept: IKeptDraft = {
      spec: this._spec,
      yaml: this._yaml,
      view: this._view,
      file: this._file
    };
    void this.state?.save(STATE_KEY, { ...kept });
  }

  private _schema: DrawnSchema | null = null;
  private _start: SchemaReply | null = null;
  private _spec: Document = {};
  private _yaml = '';
  private _view: View = 'form';
  private _issues: readonly Issue[] = [];
  private _shown: readonly Issue[] = [];
  private readonly _found = new Map<string, readonly Issue[]>();
  private _valid = false;
  private _checking = false;
  private _error = '';
  private _file: string | null = null;
  private _dirty = false;
  private _turn = 0;
  private _isDisposed = false;
  private _loading: Promise<void> | null = null;
  private readonly _debouncer = new Debouncer(() => this._check(), PATIENCE);
  private readonly _changed = new Signal<this, void>(this);
}

function sameIssues(one: readonly Issue[], other: readonly Issue[]): boolean {
  return JSONExt.deepEqual(
    one as unknown as ReadonlyJSONValue,
    other as unknown as ReadonlyJSONValue
  );
}

interface IKeptDraft {
  spec: Document;
  yaml: string;
  view: View;
  file: string | null;
}
