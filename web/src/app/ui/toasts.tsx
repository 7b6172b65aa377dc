import { useEffect } from 'react';
import { createStore, useStore } from '../store';
import { IconButton } from './Button';

export type Tone = 'info' | 'good' | 'warning' | 'danger';

interface Toast {
  id: number;
  tone: Tone;
  title: string;
  text?: string | undefined;
}

const toasts = createStore<readonly Toast[]>([]);
let last = 0;

/** Milliseconds for which a message stays that asks for nothing. */
const SHOWN = 6000;
const MOST = 4;

/** Tell the user something that is no answer to where they look at. */
export function tell(tone: Tone, title: string, text?: string): void {
  last += 1;
  const toast = { id: last, tone, title, text };
  toasts.set((all) =>
    [...all.filter((each) => each.title !== title || each.text !== text), toast].slice(-MOST),
  );
}

function dismiss(id: number): void {
  toasts.set((all) => all.filter((each) => each.id !== id));
}

/** Where messages appear. */
export function Toasts() {
  const all = useStore(toasts, (each) => each);
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite">
      {all.map((each) => (
        <Message key={each.id} toast={each} />
      ))}
    </section>
  );
}

function Message({ toast }: { toast: Toast }) {
  const { id, tone } = toast;
  useEffect(() => {
    if (tone === 'danger') return;
    const timer = setTimeout(() => dismiss(id), SHOWN);
    return () => clearTimeout(timer);
  }, [id, tone]);
  return (
    <div className={`toast ${tone}`} role={tone === 'danger' ? 'alert' : undefined}>
      <p>
        <strong>{toast.title}</strong>
        {toast.text}
      </p>
      <IconButton icon="close" label="Dismiss message" compact onClick={() => dismiss(id)} />
    </div>
  );
}
