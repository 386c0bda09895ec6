import { Store } from './live/store.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'metanode-theme';

function remembered(): Theme {
  return THEMES.find((name) => name === localStorage.getItem(KEY)) ?? 'system';
}

/** What the reader chose; `system` follows the browser. */
export const theme = new Store<Theme>(remembered());

/** Shows the chosen colours, now and after each change of the choice. */
export function followTheme(): void {
  const show = () => {
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(KEY, theme.value);
  };
  show();
  theme.onChange(show);
}

/** Calls back whenever the colours of the page change. */
export function onColours(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', listener);
  const stop = theme.onChange(listener);
  return () => {
    system.removeEventListener('change', listener);
    stop();
  };
}
