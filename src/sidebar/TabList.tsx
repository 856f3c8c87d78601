import React from 'react';
import { TABS, type Tab } from './model';

/** What the row of tabs is drawn from. */
export interface ITabList {
  /** The tab that is shown. */
  tab: Tab;
  /** The titles of the tabs. */
  titles: Record<Tab, string>;
  /** What the tabs are, for a screen reader. */
  label: string;
  /** Called with the tab to show. */
  onSelect: (tab: Tab) => void;
}

/**
 * A row of tabs; the arrow keys, Home and End go from tab to tab.
 */
export function TabList(props: ITabList): JSX.Element {
  const { tab, titles, onSelect } = props;
  const keyDown = (event: React.KeyboardEvent<HTMLElement>): void => {
    const next = target(event.key, tab);
    if (next) {
      event.preventDefault();
      onSelect(next);
      document.getElementById(tabId(next))?.focus();
    }
  };
  return (
    <div className="jp-Tsml-tabs" role="tablist" aria-label={props.label}>
      {TABS.map(name => (
        <button
          key={name}
          type="button"
          role="tab"
          id={tabId(name)}
          aria-selected={name === tab}
          aria-controls={panelId(name)}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => onSelect(name)}
          onKeyDown={keyDown}
        >
          {titles[name]}
        </button>
      ))}
    </div>
  );
}

/**
 * The tab that a key goes to; null when it goes nowhere.
 */
export function target(key: string, from: Tab): Tab | null {
  const at = TABS.indexOf(from);
  const steps: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1 + TABS.length,
    Home: 0,
    End: TABS.length - 1
  };
  const step = steps[key];
  return step === undefined ? null : (TABS[step % TABS.length] ?? null);
}

/** The id of a tab's button. */
export function tabId(tab: Tab): string {
  return `jp-Tsml-tab-${tab}`;
}

/** The id of a tab's content. */
export function panelId(tab: Tab): string {
  return `jp-Tsml-panel-${tab}`;
}
