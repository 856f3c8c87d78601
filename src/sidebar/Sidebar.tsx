import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { IEditorServices } from '@jupyterlab/codeeditor';
import type { Message } from '@lumino/messaging';
import { DeploymentsView } from '../deployments/DeploymentsView';
import { ExperimentView } from '../experiment/ExperimentView';
import { RunsView } from '../runs/RunsView';
import type { ITsml } from '../tokens';
import { tsmlIcon } from './icon';
import { TABS, type Tab } from './model';
import { panelId, tabId, TabList } from './TabList';

/** What the sidebar is made from. */
export interface ISidebar {
  /** The models. */
  tsml: ITsml;
  /** Makes editors. */
  editors: IEditorServices;
  /** What the buttons do. */
  commands: CommandRegistry;
  /** Let the person choose a data file. */
  chooseFile: (current: string) => Promise<string | null>;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * The panel in the left area: Experiment, Runs, Deployments.
 */
export class Sidebar extends ReactWidget {
  /**
   * @param props - What it is made from.
   */
  constructor(private readonly props: ISidebar) {
    super();
    this.id = 'jp-tsml-sidebar';
    this.addClass('jp-Tsml-panel');
    this.title.icon = tsmlIcon;
    this.title.caption = props.trans.__('Time-series experiments');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this.title.caption);
  }

  protected render(): JSX.Element {
    return <Content {...this.props} />;
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.props.tsml.sidebar.visible = true;
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.props.tsml.sidebar.visible = false;
  }
}

function Content(props: ISidebar): JSX.Element {
  return (
    <UseSignal signal={props.tsml.sidebar.changed}>
      {() => <Tabs {...props} />}
    </UseSignal>
  );
}

function Tabs(props: ISidebar): JSX.Element {
  const { tsml, trans } = props;
  const { tab, visited } = tsml.sidebar;
  const titles: Record<Tab, string> = {
    experiment: trans.__('Experiment'),
    runs: trans.__('Runs'),
    deployments: trans.__('Deployments')
  };
  return (
    <>
      <TabList
        tab={tab}
        titles={titles}
        label={trans.__('Time-series experiments')}
        onSelect={next => {
          tsml.sidebar.tab = next;
        }}
      />
      {TABS.map(name => (
        <div
          key={name}
          className="jp-Tsml-tabPanel"
          role="tabpanel"
          id={panelId(name)}
          aria-labelledby={tabId(name)}
          hidden={name !== tab}
        >
          {visited.has(name) && <View {...props} tab={name} />}
        </div>
      ))}
    </>
  );
}

function View(props: ISidebar & { tab: Tab }): JSX.Element {
  const { tab, tsml, trans } = props;
  switch (tab) {
    case 'experiment':
      return <ExperimentView {...props} {...tsml} />;
    case 'runs':
      return <RunsView {...props} {...tsml} />;
    case 'deployments':
      return (
        <DeploymentsView
          model={tsml.deployments}
          client={tsml.client}
          trans={trans}
        />
      );
  }
}
