import { useState } from 'react';
import { sheetOf, sheetsOf, type Sheet } from '../model/sheets';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { FormDialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { Icon } from '../ui/Icon';
import { IconButton } from '../ui/Button';
import { Menu, MenuItem } from '../ui/Menu';
import { hued } from '../ui/people';
import { useStore } from '../store';
import { useCanEdit, useGraph, useOpen, useView } from './context';

/** The sheets of a workflow. */
export function SheetTabs() {
  const { actions, peers } = useOpen();
  const graph = useGraph();
  const sheets = sheetsOf(graph);
  const wanted = useView((view) => view.sheet);
  const current = sheetOf({ sheet: wanted }, sheets);
  const editable = useCanEdit();
  const others = useStore(peers.others, (all) => all.all);
  const [asked, setAsked] = useState<'rename' | 'delete' | null>(null);
  const sheet = sheets.find((each) => each.id === current);
  const walk = (step: number) => {
    const at = sheets.findIndex((each) => each.id === current);
    const next = sheets[(at + step + sheets.length) % sheets.length];
    if (next) actions.show(next.id);
  };
  return (
    <div className="sheets">
      <div
        role="tablist"
        aria-label="Sheets"
        className="sheet-list"
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step) walk(step);
        }}
      >
        {sheets.map((each) => (
          <button
            key={each.id}
            type="button"
            role="tab"
            aria-selected={each.id === current}
            tabIndex={each.id === current ? 0 : -1}
            ref={(element) => {
              if (each.id === current && element?.parentElement?.contains(document.activeElement))
                element.focus();
            }}
            onClick={() => actions.show(each.id)}
          >
            {each.name}
            {others
              .filter((peer) => peer.sheet === each.id && each.id !== current)
              .map((peer) => (
                <span
                  key={peer.clientId}
                  className="dot hued"
                  style={hued(peer.hue)}
                  title={`${peer.name} is here`}
                />
              ))}
          </button>
        ))}
      </div>
      {editable && (
        <>
          <IconButton compact icon="add" label="Add sheet" onClick={() => actions.addSheet()} />
          <Menu
            label="Actions for this sheet"
            face={<Icon name="more" size={16} />}
            buttonClass="quiet compact icon"
            above
            side="left"
          >
            <MenuItem icon="edit" onClick={() => setAsked('rename')}>
              Rename sheet
            </MenuItem>
            <MenuItem
              icon="trash"
              danger
              disabled={sheets.length < 2}
              onClick={() => setAsked('delete')}
            >
              Delete sheet
            </MenuItem>
          </Menu>
        </>
      )}
      {asked === 'rename' && sheet && <RenameSheet sheet={sheet} onClose={() => setAsked(null)} />}
      {asked === 'delete' && sheet && (
        <ConfirmDialog
          title={`Delete the sheet “${sheet.name}”?`}
          submit="Delete sheet"
          onClose={() => setAsked(null)}
          onConfirm={() => Promise.resolve(actions.removeSheet(sheet.id))}
        >
          <p>All nodes on it go with it. You can undo this.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function RenameSheet({ sheet, onClose }: { sheet: Sheet; onClose: () => void }) {
  const { actions } = useOpen();
  const [name, setName] = useState(sheet.name);
  const save = () => {
    actions.renameSheet(sheet.id, name.trim() || sheet.name);
    onClose();
  };
  return (
    <FormDialog title="Rename sheet" submit="Rename" onClose={onClose} onSubmit={save}>
      <Field label="Name">
        {(ids) => (
          <input
            {...ids}
            className="input"
            autoFocus
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
