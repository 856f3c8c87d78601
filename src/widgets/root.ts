import { createRoot, type Root } from 'react-dom/client';

/**
 * Make a root of React in a cell's output.
 *
 * It draws into an element of its own: the notebook may empty the output's
 * element before it takes the widget away, and React then still finds its
 * nodes where it left them.
 */
export function rootIn(el: HTMLElement): Root {
  const host = document.createElement('div');
  el.classList.add('jp-TsmlLiveView');
  el.append(host);
  const root = createRoot(host);
  return {
    render: children => root.render(children),
    unmount: () => {
      root.unmount();
      host.remove();
    }
  };
}
