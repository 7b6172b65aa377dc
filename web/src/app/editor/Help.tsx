import { Dialog } from '../ui/Dialog';

const GROUPS: readonly [title: string, keys: readonly [keys: string, what: string][]][] = [
  [
    'Nodes',
    [
      ['Tab', 'Go to the next node'],
      ['Enter', 'Select it'],
      ['← ↑ → ↓', 'Move what is selected'],
      ['Shift + drag', 'Select all within a frame'],
      ['Ctrl + A', 'Select all'],
      ['Delete', 'Delete what is selected'],
      ['Escape', 'Select nothing'],
    ],
  ],
  [
    'Editing',
    [
      ['Ctrl + Z', 'Undo'],
      ['Ctrl + Shift + Z', 'Redo'],
      ['Ctrl + C, X, V', 'Copy, cut, paste'],
      ['Ctrl + D', 'Duplicate'],
      ['L', 'Arrange automatically'],
      ['/', 'Search the palette'],
      ['Ctrl + S', 'Save a snapshot now'],
    ],
  ],
  [
    'View',
    [
      ['+ and −', 'Zoom'],
      ['F', 'Fit to view'],
      ['G', 'Grid'],
      ['M', 'Overview'],
      ['P', 'Palette'],
      ['I', 'Properties'],
      ['H', 'History'],
      ['?', 'This list'],
    ],
  ],
];

/** What can be done by keyboard. */
export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" wide onClose={onClose}>
      <div className="dialog-body shortcuts">
        {GROUPS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <p className="muted small">
          To connect a node by keyboard, select it and choose “Connections” in the properties. On a
          Mac, ⌘ stands for Ctrl.
        </p>
      </div>
    </Dialog>
  );
}
