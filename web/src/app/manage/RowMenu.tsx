import { useState } from 'react';
import { Icon } from '../ui/Icon';
import { Menu, MenuItem } from '../ui/Menu';
import { ConfirmDialog } from '../ui/ConfirmDialog';

interface RowMenuProps {
  name: string;
  /** What it is that may be deleted. */
  noun: string;
  loss: string;
  disabled?: boolean;
  onEdit?: () => void;
  onRemove: () => Promise<void>;
}

/** What can be done with an entry of a list. */
export function RowMenu({ name, noun, loss, disabled, onEdit, onRemove }: RowMenuProps) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Menu label={`Actions for ${name}`} face={<Icon name="more" />} buttonClass="quiet icon">
        {onEdit && (
          <MenuItem icon="edit" onClick={onEdit}>
            {disabled ? 'Show' : 'Edit'}
          </MenuItem>
        )}
        <MenuItem icon="trash" danger disabled={disabled ?? false} onClick={() => setAsked(true)}>
          Delete
        </MenuItem>
      </Menu>
      {asked && (
        <ConfirmDialog
          title={`Delete “${name}”?`}
          submit={`Delete ${noun}`}
          onClose={() => setAsked(false)}
          onConfirm={onRemove}
        >
          <p>{loss}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
