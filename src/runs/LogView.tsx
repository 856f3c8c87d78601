import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IShownLog } from './logs';

/** How far from its end a log still counts as read to the end, in CSS pixels. */
const NEAR = 24;

/**
 * The last lines of a study's log; it stays at its end while one looks there.
 */
export function LogView(props: {
  log: IShownLog;
  trans: TranslationBundle;
}): JSX.Element {
  const { log, trans } = props;
  const box = React.useRef<HTMLPreElement>(null);
  const follows = React.useRef(true);
  React.useLayoutEffect(() => {
    if (box.current && follows.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [log]);
  return (
    <>
      {log.error && <div className="jp-Tsml-mistakes">{log.error}</div>}
      {!log.error && log.lines === null && (
        <p className="jp-Tsml-empty">{trans.__('Loading…')}</p>
      )}
      {log.lines && (
        <pre
          className="jp-Tsml-log"
          ref={box}
          tabIndex={0}
          role="region"
          aria-label={trans.__('Log')}
          onScroll={({
            currentTarget: { scrollTop, scrollHeight, clientHeight }
          }) => {
            follows.current = scrollHeight - scrollTop - clientHeight < NEAR;
          }}
        >
          {log.lines.length > 0
            ? log.lines.join('\n')
            : trans.__('Nothing was printed.')}
        </pre>
      )}
    </>
  );
}
