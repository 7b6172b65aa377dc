import { useReactFlow } from '@xyflow/react';
import { useEffect, useRef, type RefObject } from 'react';
import { go, href } from '../router';
import type { Actions } from './actions';
import { arrange } from './arrange';
import { whole } from './motion';
import { useOpen } from './context';
import { select, type View } from './state';
import { redo, undo } from './undo';

interface Around {
  search: RefObject<HTMLInputElement | null>;
  onHelp: () => void;
}

type Command = () => void;

/** Have the keys do what the list of shortcuts says, wherever nothing is being typed. */
export function useShortcuts({ search, onHelp }: Around): void {
  const { actions, view, workflowKey, session } = useOpen();
  const flow = useReactFlow();
  const toggle = (what: 'grid' | 'minimap' | 'palette' | 'panel') => () =>
    view.set((before): View => ({ ...before, [what]: !before[what] }));
  const fit = () => void flow.fitView(whole());
  const plain: Record<string, Command> = {
    Delete: () => actions.removeSelected(),
    Backspace: () => actions.removeSelected(),
    Escape: () => select(view, []),
    '+': () => void flow.zoomIn(),
    '=': () => void flow.zoomIn(),
    '-': () => void flow.zoomOut(),
    f: fit,
    g: toggle('grid'),
    m: toggle('minimap'),
    p: toggle('palette'),
    i: toggle('panel'),
    l: () => void arrange(actions).then(fit),
    h: () => go(href(['workflow', workflowKey, 'history'])),
    '/': () => {
      view.set((before) => ({ ...before, palette: true }));
      // The palette may only now come into being.
      requestAnimationFrame(() => search.current?.focus());
    },
    '?': onHelp,
  };
  const held = commandsWithControl(actions, () => session.save());
  const latest = useRef({ plain, held });
  useEffect(() => {
    latest.current = { plain, held };
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event)) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const control = event.ctrlKey || event.metaKey;
      const found = control
        ? latest.current.held[`${event.shiftKey ? 'shift ' : ''}${key}`]
        : latest.current.plain[key];
      if (!found || event.altKey) return;
      event.preventDefault();
      found();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function commandsWithControl(actions: Actions, save: Command): Record<string, Command> {
  return {
    z: () => undo(actions),
    'shift z': () => redo(actions),
    y: () => redo(actions),
    a: () => actions.selectAll(),
    d: () => actions.duplicate(),
    s: save,
  };
}

const FIELDS = 'input, textarea, select, [contenteditable], [data-typing], [role=menu], dialog';

/** Whether a key belongs to a field, a menu or a dialog. */
export function isTyping({ target }: Event): boolean {
  return target instanceof Element && target.closest(FIELDS) !== null;
}
