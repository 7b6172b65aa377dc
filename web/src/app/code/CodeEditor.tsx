import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { Binding } from './binding';
import { extensions, type Language } from './setup';

interface CodeEditorProps {
  label: string;
  language: Language;
  value: string;
  readOnly?: boolean;
  /** The text as it is now, also before this was drawn anew. */
  read?: () => string;
  write: (text: string) => void;
  onFocus?: () => void;
  onBlur?: () => void;
}

/**
 * An editor for code. It stands in a shadow root: there its styles are adopted as objects, while in
 * the page they would be an element `style`, which the policy of the server forbids.
 */
export default function CodeEditor({
  label,
  language,
  value,
  readOnly = false,
  ...rest
}: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const bound = useRef<Binding>(undefined);
  const latest = useRef({ value, ...rest });
  useEffect(() => {
    latest.current = { value, ...rest };
    bound.current?.receive(value);
  });
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          extensions(language, label, readOnly),
          EditorView.updateListener.of((update) => bound.current?.changed(update)),
          // Not by the view's own news of it: that comes after the click that took the focus away.
          EditorView.domEventHandlers({
            focus: () => latest.current.onFocus?.(),
            blur: () => {
              bound.current?.flush();
              latest.current.onBlur?.();
            },
          }),
        ],
      }),
    });
    const binding = new Binding(view, latest.current.value, {
      read: () => latest.current.read?.() ?? latest.current.value,
      write: (text) => latest.current.write(text),
    });
    bound.current = binding;
    return () => {
      if (!readOnly) binding.flush();
      bound.current = undefined;
      view.destroy();
    };
  }, [language, label, readOnly]);
  // Keys that are typed here are no shortcuts of the page.
  return (
    <div
      ref={host}
      className="code"
      data-typing=""
      onKeyDown={(event) => event.stopPropagation()}
    />
  );
}
