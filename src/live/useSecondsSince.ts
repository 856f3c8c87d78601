import * as React from 'react';
import type { StudyStatus } from '../wire';
import { hasEnded } from './ranking';

/**
 * Seconds since a status came in; counts while the study runs.
 */
export function useSecondsSince(status: StudyStatus): number {
  const [passed, setPassed] = React.useState({ of: status, seconds: 0 });
  React.useEffect(() => {
    if (hasEnded(status)) {
      return;
    }
    const start = Date.now();
    const timer = setInterval(
      () => setPassed({ of: status, seconds: (Date.now() - start) / 1000 }),
      1000
    );
    return () => clearInterval(timer);
  }, [status]);
  return passed.of === status ? passed.seconds : 0;
}
