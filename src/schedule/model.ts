import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { ApiError, errorLine, type TsmlClient } from '../api';
import { mapping } from '../experiment/json';
import type {
  RunSummary,
  Schedule,
  SchedulePlan,
  ScheduleRequest
} from '../wire';

const PATIENCE = 300;

/** Where predictions are posted. */
export type Target = 'parquet' | 'table';

/** What stands in the dialog; an empty text means the default. */
export interface IScheduleFields {
  /** The name of the schedule and its DAG. */
  name: string;
  /** The data file to predict from. */
  data: string;
  /** The time of day, HH:MM. */
  at: string;
  /** The exchange calendar. */
  calendar: string;
  /** The time zone of the time of day. */
  timezone: string;
  /** Where predictions are posted. */
  target: Target;
  /** The file or folder. */
  parquet: string;
  /** The name of the Airflow connection. */
  connection: string;
  /** The table. */
  table: string;
  /** The share of the entities that must have a row before it predicts. */
  coverage: string;
  /** Whether it takes the place of a schedule of another run. */
  replace: boolean;
}

const EMPTY: IScheduleFields = {
  name: '',
  data: '',
  at: '',
  calendar: '',
  timezone: '',
  target: 'parquet',
  parquet: '',
  connection: '',
  table: '',
  coverage: '',
  replace: false
};

/**
 * The request that the fields of the dialog mean; an empty field is left out, so that the server's default holds.
 */
export function requestOf(
  run: string,
  fields: IScheduleFields
): ScheduleRequest {
  const request: ScheduleRequest = { run_id: run };
  for (const key of ['name', 'data', 'at', 'calendar', 'timezone'] as const) {
    const text = fields[key].trim();
    if (text) {
      request[key] = text;
    }
  }
  if (fields.target === 'table') {
    const { connection, table } = fields;
    request.publish = {
      table: { connection: connection.trim(), table: table.trim() }
    };
  } else if (fields.parquet.trim()) {
    request.publish = { parquet: fields.parquet.trim() };
  }
  const share = fields.coverage.trim();
  if (share) {
    // What is no number goes as it is, so that the server can say so at the field.
    const coverage = Number.isNaN(Number(share)) ? share : Number(share);
    request.wait = { coverage: coverage as number };
  }
  if (fields.replace) {
    request.replace = true;
  }
  return request;
}

/**
 * The field of the dialog that a field of the request stands in; empty when there is none.
 */
export function fieldAt(path: string | null): keyof IScheduleFields | '' {
  const last = (path ?? '').split('.').pop() ?? '';
  return last in EMPTY ? (last as keyof IScheduleFields) : '';
}

/**
 * A schedule that is being made for a run.
 */
export class ScheduleModel implements IDisposable {
  /**
   * @param client - The server.
   * @param run - The id of the run whose model predicts.
   */
  constructor(
    private readonly client: TsmlClient,
    readonly run: string
  ) {}

  /** What is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What stands in the dialog. */
  get fields(): Readonly<IScheduleFields> {
    return this._fields;
  }

  /** The run; null until it is known. */
  get summary(): RunSummary | null {
    return this._summary;
  }

  /** What would be written; null while it can't be. */
  get plan(): SchedulePlan | null {
    return this._plan;
  }

  /** Why not, in one line; empty when nothing is wrong. */
  get error(): string {
    return this._error;
  }

  /** The field that the error is about; empty when it is about none. */
  get errorField(): keyof IScheduleFields | '' {
    return this._errorField;
  }

  /** Whether an answer is awaited. */
  get busy(): boolean {
    return this._busy;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Fill the dialog in. */
  async load(): Promise<void> {
    const summary = this.client.run(this.run).catch((reason: unknown) => {
      this._fail(reason);
      return null;
    });
    await this._look();
    const spec = this._plan?.spec ?? {};
    const given = (part: string, key: string): string => {
      const value = mapping(spec[part])[key];
      return typeof value === 'string' || typeof value === 'number'
        ? String(value)
        : '';
    };
    const own = this._fields;
    this._fields = {
      ...own,
      // What was typed while the answers were awaited stays.
      name: own.name || (this._plan?.name ?? ''),
      at: own.at || given('cadence', 'at'),
      calendar: own.calendar || given('cadence', 'calendar'),
      timezone: own.timezone || given('cadence', 'timezone'),
      coverage: own.coverage || given('wait', 'coverage')
    };
    this._emit();
    this._summary = await summary;
    this._emit();
  }

  /** Take over a change of the dialog. */
  edit(changes: Partial<IScheduleFields>): void {
    this._fields = { ...this._fields, ...changes };
    this._busy = true;
    this._emit();
    void this._debouncer.invoke().catch(() => undefined);
  }

  /**
   * Write the schedule.
   *
   * @returns It, or null when the server refused.
   */
  async write(): Promise<Schedule | null> {
    await this._debouncer.stop();
    this._turn++;
    this._busy = true;
    this._emit();
    try {
      return await this.client.writeSchedule(requestOf(this.run, this._fields));
    } catch (reason) {
      this._fail(reason);
      return null;
    } finally {
      this._busy = false;
      this._emit();
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

  private async _look(): Promise<void> {
    const turn = ++this._turn;
    this._busy = true;
    this._emit();
    const request = requestOf(this.run, this._fields);
    try {
      const plan = await this.client.planSchedule(request);
      if (turn === this._turn) {
        this._plan = plan;
        this._error = '';
        this._errorField = '';
      }
    } catch (reason) {
      if (turn === this._turn) {
        this._fail(reason);
      }
    }
    if (turn === this._turn) {
      this._busy = false;
      this._emit();
    }
  }

  private _fail(reason: unknown): void {
    const error = reason instanceof ApiError ? reason : null;
    this._errorField = fieldAt(error?.body.field ?? null);
    this._error =
      error && this._errorField ? error.sentence : errorLine(reason);
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _fields: IScheduleFields = EMPTY;
  private _summary: RunSummary | null = null;
  private _plan: SchedulePlan | null = null;
  private _error = '';
  private _errorField: keyof IScheduleFields | '' = '';
  private _busy = false;
  private _turn = 0;
  private _isDisposed = false;
  private readonly _debouncer = new Debouncer(() => this._look(), PATIENCE);
  private readonly _changed = new Signal<this, void>(this);
}
