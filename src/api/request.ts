import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { ErrorBody, Issue } from '../wire';

const NAMESPACE = 'jupyterlab-tsml';

/**
 * An answer of the server that is not a success, or no answer at all.
 */
export class ApiError extends Error {
  /**
   * @param status - The HTTP status; 0 when the server did not answer.
   * @param body - What the server says about it.
   */
  constructor(
    readonly status: number,
    readonly body: ErrorBody
  ) {
    super(body.message);
    this.name = 'ApiError';
  }

  /**
   * The mistakes of a document, when the error is about one.
   */
  get issues(): readonly Issue[] {
    return this.body.issues ?? [];
  }

  /**
   * The field, the sentence and the mend on one line.
   */
  get line(): string {
    const { field } = this.body;
    return field ? `${field}: ${this.sentence}` : this.sentence;
  }

  /**
   * The sentence and the mend, as they stand at the field.
   */
  get sentence(): string {
    const { message, mend } = this.body;
    return [message, mend].filter(Boolean).join('; ');
  }
}

/**
 * The line to show for anything that was thrown.
 */
export function errorLine(error: unknown): string {
  if (error instanceof ApiError) {
    return error.line;
  }
  return error instanceof Error ? error.message : String(error);
}

/**
 * What a request to the server extension may hold.
 */
export interface IRequest {
  /** The HTTP verb; GET by default. */
  method?: 'GET' | 'POST' | 'DELETE';
  /** The query; undefined and null values are left out. */
  query?: Record<string, string | number | null | undefined>;
  /** The JSON body. */
  body?: unknown;
}

/**
 * Call the server extension.
 *
 * @param settings - The application's connection, which knows the base URL and the credentials.
 * @param path - The path below the extension's own, with its parts already escaped.
 * @param request - Verb, query and body.
 * @returns The decoded JSON answer; undefined for an answer without a body.
 * @throws ApiError for an answer that is not a success, and when there is none.
 */
export async function requestAPI<T>(
  settings: ServerConnection.ISettings,
  path: string,
  request: IRequest = {}
): Promise<T> {
  const query = Object.entries(request.query ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== ''
  );
  const url =
    URLExt.join(settings.baseUrl, NAMESPACE, path) +
    URLExt.objectToQueryString(Object.fromEntries(query));
  const init: RequestInit = { method: request.method ?? 'GET' };
  if (request.body !== undefined) {
    init.body = JSON.stringify(request.body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  const response = await ServerConnection.makeRequest(
    url,
    init,
    settings
  ).catch((reason: unknown) => {
    throw unanswered(reason);
  });
  const text = await response.text();
  if (!response.ok) {
    throw refused(response.status, text);
  }
  return (text ? JSON.parse(text) : undefined) as T;
}

function unanswered(reason: unknown): ApiError {
  const message = reason instanceof Error ? reason.message : String(reason);
  return new ApiError(0, { ...NOTHING, code: 'network', message });
}

function refused(status: number, text: string): ApiError {
  try {
    const body = JSON.parse(text) as Partial<ErrorBody>;
    const message = body.message ?? `HTTP ${status}`;
    const code = body.code ?? `http.${status}`;
    return new ApiError(status, { ...NOTHING, ...body, code, message });
  } catch {
    const code = `http.${status}`;
    return new ApiError(status, {
      ...NOTHING,
      code,
      message: `HTTP ${status}`
    });
  }
}

const NOTHING: ErrorBody = {
  code: '',
  message: '',
  field: null,
  value: null,
  mend: null,
  issues: null
};
