import type { WorkflowSession } from '../../client';
import { describe, type Described } from '../model/describe';
import type { Graph } from '../model/sheets';
import { tell } from '../ui/toasts';
import type { Deeds } from './deeds';

/** Tell the user what the server refused, skipped or ended; returns what ends this. */
export function listen(session: WorkflowSession, deeds: Deeds): () => void {
  const graph = () => session.state().document as Graph | null;
  const stops = [
    session.on('rejected', ({ id, code, message, instructions }) => {
      if (code === 'nothing_to_undo') {
        tell('info', 'There is nothing more to take back');
        return;
      }
      deeds.refused(id);
      const what = instructions.length
        ? describe(instructions as Described[], graph())
        : 'your change';
      tell(
        'danger',
        `Not accepted: ${what}`,
        `${message} The document is shown as it is for everybody.`,
      );
    }),
    session.on('undone', ({ skipped }) => {
      if (!skipped?.length) return;
      tell('warning', 'Taken back in part', 'What others have changed since then stays as it is.');
    }),
  ];
  return () => {
    for (const each of stops) each();
  };
}
