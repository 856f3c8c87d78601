import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { errorLine, type TsmlClient } from '../api';
import type { RunSummary } from '../wire';

const PAGE = 50;
const PATIENCE = 300;

/**
 * The MLflow filter that a text means: an expression stays, any other text is looked for in the names.
 */
export function filterOf(text: string): string | null {
  const trimmed = text.trim();
  if (!trimmed) {
    return null;
  }
  if (/[=<>]|\b(i?like|in)\b/i.test(trimmed)) {
    return trimmed;
  }
  const plain = trimmed.replace(/['"\\%]/g, '');
  return `attributes.run_name ILIKE '%${plain}%'`;
}

/**
 * The recorded runs, page by page, and which of them are chosen.
 */
export class RunsModel implements IDisposable {
  /**
   * @param client - The server.
   */
  constructor(private readonly client: TsmlClient) {}

  /** What is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The runs of the pages so far; null until the first one is there. */
  get runs(): readonly RunSummary[] | null {
    return this._runs;
  }

  /** Whether there is another page. */
  get hasMore(): boolean {
    return this._next !== null;
  }

  /** Whether a page is awaited. */
  get busy(): boolean {
    return this._busy;
  }

  /** Why a page could not be had; empty when it could. */
  get error(): string {
    return this._error;
  }

  /** The text of the filter box. */
  get filter(): string {
    return this._filter;
  }

  set filter(text: string) {
    this._filter = text;
    this._changed.emit();
    void this._debouncer.invoke().catch(() => undefined);
  }

  /** The ids of the chosen runs, in the order in which they were chosen. */
  get chosen(): readonly string[] {
    return this._chosen;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Choose a run, or leave it again. */
  choose(id: string, on: boolean): void {
    const rest = this._chosen.filter(one => one !== id);
    this._chosen = on ? [...rest, id] : rest;
    this._changed.emit();
  }

  /** Leave all chosen runs. */
  clear(): void {
    this._chosen = [];
    this._changed.emit();
  }

  /** Load the first page again. */
  reload(): Promise<void> {
    return this._load(null);
  }

  /** Load the next page. */
  async more(): Promise<void> {
    if (this._next !== null && !this._busy) {
      await this._load(this._next);
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._debouncer.dispose();
    Signal.clearData(this);
  }

  private async _load(token: string | null): Promise<void> {
    const turn = ++this._turn;
    this._busy = true;
    this._changed.emit();
    const filter = filterOf(this._filter);
    try {
      const page = await this.client.runs({
        filter,
        limit: PAGE,
        page_token: token
      });
      if (turn === this._turn) {
        this._runs = token ? [...(this._runs ?? []), ...page.runs] : page.runs;
        this._next = page.next_token;
        this._error = '';
      }
    } catch (reason) {
      if (turn === this._turn) {
        this._error = errorLine(reason);
      }
    }
    if (turn === this._turn && !this._isDisposed) {
      this._busy = false;
      this._changed.emit();
    }
  }

  private _runs: readonly RunSummary[] | null = null;
  private _next: string | null = null;
  private _filter = '';
  private _chosen: readonly string[] = [];
  private _busy = false;
  private _error = '';
  private _turn = 0;
  private _isDisposed = false;
  private readonly _debouncer = new Debouncer(() => this.reload(), PATIENCE);
  private readonly _changed = new Signal<this, void>(this);
}
