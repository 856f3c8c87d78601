import type { ServerConnection } from '@jupyterlab/services';
import type {
  CompareRequest,
  Comparison,
  DataPreview,
  DetachedStudy,
  FoldPicture,
  FoldsRequest,
  PreviewQuery,
  RunPage,
  RunSummary,
  RunsQuery,
  Schedule,
  ScheduleList,
  SchedulePlan,
  ScheduleRequest,
  SchemaReply,
  ServerStatus,
  SpecReply,
  StudyList,
  StudyLog,
  StudyRequest,
  StudyStatus,
  ValidateReply,
  ValidateRequest
} from '../wire';
import { requestAPI } from './request';

/**
 * The server extension, one method an endpoint. Every method throws an ApiError.
 */
export class TsmlClient {
  /**
   * @param settings - The application's connection.
   */
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** What the form is drawn from. */
  schema(): Promise<SchemaReply> {
    return this.get('schema');
  }

  /** The mistakes of a document, or its canonical forms. */
  validate(body: ValidateRequest): Promise<ValidateReply> {
    return this.post('validate', body);
  }

  /** A first look at a data file. */
  preview(query: PreviewQuery): Promise<DataPreview> {
    return this.get('preview', { ...query });
  }

  /** The folds of a document as stretches of time. */
  folds(body: FoldsRequest): Promise<FoldPicture> {
    return this.post('folds', body);
  }

  /** A page of runs. */
  runs(query: RunsQuery): Promise<RunPage> {
    return this.get('runs', { ...query });
  }

  /** One run. */
  run(id: string): Promise<RunSummary> {
    return this.get(`runs/${encodeURIComponent(id)}`);
  }

  /** The document that a run was made from. */
  specOfRun(id: string): Promise<SpecReply> {
    return this.get(`runs/${encodeURIComponent(id)}/spec`);
  }

  /** Runs side by side. */
  compare(body: CompareRequest): Promise<Comparison> {
    return this.post('compare', body);
  }

  /** The latest studies. */
  async studies(limit: number): Promise<StudyStatus[]> {
    const list = await this.get<StudyList>('studies', { limit });
    return list.studies;
  }

  /** Start a study, or get the same one that was submitted before. */
  startStudy(body: StudyRequest): Promise<DetachedStudy> {
    return this.post('studies', body);
  }

  /** The last lines that a study has printed. */
  studyLog(id: string, lines: number): Promise<StudyLog> {
    return this.get(`studies/${encodeURIComponent(id)}/logs`, { lines });
  }

  /** Ask a study to stop. */
  stopStudy(id: string): Promise<StudyStatus> {
    return this.post(`studies/${encodeURIComponent(id)}/stop`, {});
  }

  /** All schedules. */
  async schedules(): Promise<Schedule[]> {
    const list = await this.get<ScheduleList>('schedules');
    return list.schedules;
  }

  /** What would be written for a schedule. */
  planSchedule(body: ScheduleRequest): Promise<SchedulePlan> {
    return this.post('schedules/preview', body);
  }

  /** Write a schedule. */
  writeSchedule(body: ScheduleRequest): Promise<Schedule> {
    return this.post('schedules', body);
  }

  /** Take a schedule away. */
  deleteSchedule(name: string): Promise<void> {
    const path = `schedules/${encodeURIComponent(name)}`;
    return requestAPI(this.settings, path, { method: 'DELETE' });
  }

  /** What the server works with. */
  status(): Promise<ServerStatus> {
    return this.get('status');
  }

  private get<T>(
    path: string,
    query?: Record<string, string | number | null | undefined>
  ): Promise<T> {
    return requestAPI<T>(this.settings, path, { query });
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    return requestAPI<T>(this.settings, path, { method: 'POST', body });
  }
}
