import type { Actions } from './actions';

/** Take back one's own newest change. */
export function undo(actions: Actions): void {
  if (!actions.canEdit) return;
  actions.drop();
  actions.session.undo();
  actions.deeds.undid();
}

/** Bring again what was taken back last. */
export function redo(actions: Actions): void {
  if (!actions.canEdit) return;
  actions.session.redo();
  actions.deeds.redid();
}
