import * as React from 'react';

/**
 * A view behind a tab.
 */
export interface ITabView {
  id: string;
  title: string;
  view: JSX.Element;
}

/**
 * Tabs as the ARIA practices describe them: arrows, Home and End move between the tabs. A view is made when it is
 * first shown, and keeps its state from then on.
 */
export function TabBar(props: {
  views: ITabView[];
  label: string;
}): JSX.Element {
  const { views, label } = props;
  const prefix = React.useId();
  const [active, setActive] = React.useState(0);
  const [visited, setVisited] = React.useState<ReadonlySet<number>>(
    new Set([0])
  );
  const bar = React.useRef<HTMLDivElement>(null);
  const show = (index: number): void => {
    setActive(index);
    setVisited(before => new Set([...before, index]));
  };
  const move = (event: React.KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowRight: (active + 1) % views.length,
      ArrowLeft: (active + views.length - 1) % views.length,
      Home: 0,
      End: views.length - 1
    };
    const next = steps[event.key];
    if (next !== undefined) {
      event.preventDefault();
      show(next);
      bar.current?.querySelectorAll('button')[next]?.focus();
    }
  };
  return (
    <>
      <div className="jp-TsmlTabs" role="tablist" aria-label={label} ref={bar}>
        {views.map((view, index) => (
          <button
            key={view.id}
            type="button"
            role="tab"
            id={`${prefix}-${view.id}`}
            aria-selected={index === active}
            aria-controls={`${prefix}-${view.id}-panel`}
            tabIndex={index === active ? 0 : -1}
            onClick={() => show(index)}
            onKeyDown={move}
          >
            {view.title}
          </button>
        ))}
      </div>
      {views.map(
        (view, index) =>
          visited.has(index) && (
            <div
              key={view.id}
              role="tabpanel"
              id={`${prefix}-${view.id}-panel`}
              aria-labelledby={`${prefix}-${view.id}`}
              className="jp-TsmlTabs-panel"
              hidden={index !== active}
            >
              {view.view}
            </div>
          )
      )}
    </>
  );
}
