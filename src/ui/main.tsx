import { render } from 'preact';
import { connectNode, NodeContext } from './live/node.ts';
import { Page } from './page.tsx';
import { followTheme } from './theme.ts';

followTheme();
render(
  <NodeContext.Provider value={connectNode(location.origin)}>
    <Page />
  </NodeContext.Provider>,
  document.getElementById('page') as HTMLElement,
);
