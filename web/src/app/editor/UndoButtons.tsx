import { useStore } from '../store';
import { IconButton } from '../ui/Button';
import { useOpen } from './context';
import { redo, undo } from './undo';

/** Take back, and bring again; they say what, as far as that is known. */
export function UndoButtons() {
  const { actions } = useOpen();
  const last = useStore(actions.deeds.store, ({ done }) => done.at(-1)?.words);
  const next = useStore(actions.deeds.store, ({ undone }) => undone.at(-1)?.words);
  return (
    <>
      <IconButton
        icon="undo"
        label="Undo"
        hint={
          last ? `Undo: ${last} (Ctrl+Z)` : 'Undo your last change, also one from before (Ctrl+Z)'
        }
        onClick={() => undo(actions)}
      />
      <IconButton
        icon="redo"
        label="Redo"
        hint={next ? `Redo: ${next} (Ctrl+Shift+Z)` : 'Nothing to redo'}
        disabled={!next}
        onClick={() => redo(actions)}
      />
    </>
  );
}
