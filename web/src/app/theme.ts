import { createStore, useStore } from './store';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'nodius.theme';
const theme = createStore<Theme>(kept());

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Show the page in this theme from now on, also the next time. */
export function chooseTheme(next: Theme): void {
  theme.set(() => next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing still shows it.
  }
  applyTheme();
}

/** Tell the styles which theme was chosen. */
export function applyTheme(): void {
  const chosen = theme.get();
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
}

/** The theme that was chosen. */
export function useTheme(): Theme {
  return useStore(theme, (each) => each);
}
