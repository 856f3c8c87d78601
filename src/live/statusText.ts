import type { ITranslation } from '../compare/translation';
import type { StudyStatus } from '../wire';

/**
 * How a state is called.
 */
export function statusText(
  status: StudyStatus['status'],
  trans: ITranslation
): string {
  const texts: Record<StudyStatus['status'], string> = {
    queued: trans.__('waiting'),
    running: trans.__('running'),
    finished: trans.__('finished'),
    failed: trans.__('failed'),
    stopped: trans.__('stopped')
  };
  return texts[status];
}
