import type { WorkspaceEntry } from '../../client';
import { client } from '../account';
import { useLoaded } from '../useLoaded';
import { Field } from '../ui/Field';

interface Places {
  all: readonly WorkspaceEntry[];
  /** Where one may add and change. */
  open: readonly WorkspaceEntry[];
  nameOf: (key: string) => string;
  mayEdit: (key: string) => boolean;
}

const loadWorkspaces = () => client.workspaces.list();

/** The workspaces that one is in. */
export function usePlaces(): Places {
  const all = useLoaded(loadWorkspaces).data ?? [];
  const open = all.filter((each) => each.role !== 'viewer');
  return {
    all,
    open,
    nameOf: (key) => all.find((each) => each._key === key)?.name ?? key,
    mayEdit: (key) => all.find((each) => each._key === key)?.role !== 'viewer',
  };
}

interface PlaceFieldProps {
  places: Places;
  value: string;
  onChange: (key: string) => void;
}

/** In which workspace something is made; not worth a question where there is one only. */
export function PlaceField({ places, value, onChange }: PlaceFieldProps) {
  if (places.open.length < 2) return null;
  return (
    <Field label="Workspace" hint="It stays where it was made.">
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {places.open.map((each) => (
            <option key={each._key} value={each._key}>
              {each.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Where things are made unless something else is chosen. */
export const DEFAULT_PLACE = 'default';
