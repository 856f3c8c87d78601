import type { ServerConnection } from '@jupyterlab/services';
import type { IStateDB } from '@jupyterlab/statedb';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { TsmlClient } from '../api';
import { DeploymentsModel } from '../deployments/model';
import { FoldLook, PreviewLook } from '../experiment/looks';
import { DraftModel } from '../experiment/model';
import { RunsModel } from '../runs/runs';
import { StudiesModel } from '../runs/studies';
import { SidebarModel } from '../sidebar/model';
import type { ITsml } from '../tokens';

/**
 * All models, and who looks at what: nothing is asked of the server for a tab that nobody sees.
 */
export class TsmlModels implements ITsml, IDisposable {
  /**
   * @param settings - The application's connection.
   * @param state - Where the draft survives a reload.
   */
  constructor(settings: ServerConnection.ISettings, state: IStateDB | null) {
    this.client = new TsmlClient(settings);
    this.draft = new DraftModel(this.client, state);
    this.preview = new PreviewLook(this.client, this.draft);
    this.folds = new FoldLook(this.client, this.draft);
    this.studies = new StudiesModel(this.client);
    this.runs = new RunsModel(this.client);
    this.deployments = new DeploymentsModel(this.client);
    this.sidebar = new SidebarModel();
    this.sidebar.changed.connect(this._follow, this);
    this.studies.ended.connect(this._reload, this);
    this.preview.changed.connect(this._look, this);
    this.folds.changed.connect(this._cut, this);
  }

  readonly client: TsmlClient;
  readonly draft: DraftModel;
  readonly preview: PreviewLook;
  readonly folds: FoldLook;
  readonly studies: StudiesModel;
  readonly runs: RunsModel;
  readonly deployments: DeploymentsModel;
  readonly sidebar: SidebarModel;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
    this.preview.dispose();
    this.folds.dispose();
    this.draft.dispose();
    this.studies.dispose();
    this.runs.dispose();
    this.deployments.dispose();
    this.sidebar.dispose();
  }

  private _follow(): void {
    const { visible, tab } = this.sidebar;
    this.folds.want(visible && tab === 'experiment');
    this.studies.watch(visible && tab === 'runs');
    if (visible && tab === 'runs') {
      void this.runs.reload();
    }
    if (visible && tab === 'deployments') {
      void this.deployments.reload();
    }
    if (visible) {
      void this.studies.loadExecutors();
    }
  }

  private _look(): void {
    const { value, busy, issues } = this.preview;
    this.draft.found('preview', issues);
    if (value && !busy) {
      this.draft.adopt(value);
    }
  }

  private _cut(): void {
    this.draft.found('folds', this.folds.issues);
  }

  private _reload(): void {
    void this.runs.reload();
  }

  private _isDisposed = false;
}
