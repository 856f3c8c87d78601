import * as React from 'react';
import '../../style/compare.css';
import { ComparisonPanel, english } from '../compare';
import { ScheduleForm } from '../live';
import type { Comparison, ForecastPanel } from '../wire';
import { ask, textOf, type IRenderContext, type IWidgetModel } from './model';
import { rootIn } from './root';

/**
 * Show the comparison of a widget's model.
 *
 * @returns what takes it away again
 */
function render({ model, el }: IRenderContext): () => void {
  const root = rootIn(el);
  const draw = (): void =>
    root.render(
      <Host model={model} comparison={model.get('comparison') as Comparison} />
    );
  model.on('change:comparison', draw);
  draw();
  return () => {
    model.off('change:comparison', draw);
    root.unmount();
  };
}

function Host(props: {
  model: IWidgetModel;
  comparison: Comparison;
}): JSX.Element {
  const { model, comparison } = props;
  const [scheduled, setScheduled] = React.useState<string | null>(null);
  const label =
    comparison.rows.find(row => row.run.run_id === scheduled)?.label ?? '';
  const request = async (wish: {
    entity: string | null;
    part: string;
  }): Promise<ForecastPanel> => {
    const answer = await ask(model, { kind: 'forecast', ...wish });
    if (answer['error'] !== undefined) {
      throw new Error(textOf(answer['error']));
    }
    return answer['panel'] as ForecastPanel;
  };
  return (
    <>
      {scheduled && (
        <ScheduleForm
          key={scheduled}
          label={label}
          onClose={() => setScheduled(null)}
          onSubmit={async name => {
            const answer = await ask(model, {
              kind: 'schedule',
              run_id: scheduled,
              name
            });
            return { ok: answer['ok'] === true, text: textOf(answer['text']) };
          }}
          trans={english}
        />
      )}
      <ComparisonPanel
        comparison={comparison}
        onRequest={request}
        onSchedule={setScheduled}
      />
    </>
  );
}

export default { render };
