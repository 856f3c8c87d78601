import { Signal, type ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

/** The tabs of the sidebar. */
export const TABS = ['experiment', 'runs', 'deployments'] as const;

/** A tab of the sidebar. */
export type Tab = (typeof TABS)[number];

/**
 * Which tab is shown, and whether anybody sees it.
 */
export class SidebarModel implements IDisposable {
  /** The tab or its being seen has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The tab. */
  get tab(): Tab {
    return this._tab;
  }

  set tab(tab: Tab) {
    if (tab !== this._tab) {
      this._tab = tab;
      this._note();
      this._changed.emit();
    }
  }

  /** Whether the sidebar is seen. */
  get visible(): boolean {
    return this._visible;
  }

  set visible(visible: boolean) {
    if (visible !== this._visible) {
      this._visible = visible;
      this._note();
      this._changed.emit();
    }
  }

  /** The tabs that were seen so far; they are kept as they are while another one is shown. */
  get visited(): ReadonlySet<Tab> {
    return this._visited;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  private _note(): void {
    if (this._visible) {
      this._visited.add(this._tab);
    }
  }

  private _tab: Tab = 'experiment';
  private readonly _visited = new Set<Tab>();
  private _visible = false;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
