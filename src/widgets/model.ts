/**
 * What an anywidget's front end gets of its model.
 */
export interface IWidgetModel {
  get(name: string): unknown;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
  send(content: Record<string, unknown>): void;
}

/**
 * What anywidget hands to `render`.
 */
export interface IRenderContext {
  model: IWidgetModel;
  el: HTMLElement;
}

/**
 * A message from Python.
 */
export interface IMessage {
  kind?: string;
  request?: string;
  [key: string]: unknown;
}

/**
 * A field of a message or a model as text; the empty text where it is none.
 */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Ask Python something and wait for its answer, which carries the same `request`.
 */
export function ask(
  model: IWidgetModel,
  content: Record<string, unknown>
): Promise<IMessage> {
  const request = `${Date.now()}-${Math.random()}`;
  return new Promise(resolve => {
    const answered = (message: IMessage): void => {
      if (message.request === request) {
        model.off('msg:custom', answered);
        resolve(message);
      }
    };
    model.on('msg:custom', answered);
    model.send({ ...content, request });
  });
}
