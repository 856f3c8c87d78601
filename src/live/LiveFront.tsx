import { drawable } from '../compare/front';
import { FrontView } from '../compare/FrontView';
import type { ITranslation } from '../compare/translation';
import type { StudyStatus } from '../wire';
import { Section } from './Section';

/**
 * The fronts of a study's experiments; nothing where its document asks for none.
 */
export function LiveFront(props: {
  status: StudyStatus;
  trans: ITranslation;
}): JSX.Element | null {
  const { status, trans } = props;
  const fronts = status.experiments.flatMap(({ name, front }, color) =>
    front ? [{ id: name, label: name, color, front }] : []
  );
  const shown = drawable(fronts);
  if (shown.length === 0) {
    return null;
  }
  const led = shown.reduce((sum, { front }) => sum + front.points.length, 0);
  return (
    <Section
      open
      title={trans.__('Front')}
      note={trans._n(
        '%1 trial that no other of its experiment beats',
        '%1 trials that no other of their experiment beats',
        led
      )}
    >
      <FrontView fronts={fronts} trans={trans} />
    </Section>
  );
}
