import { useCallback, useState } from 'react';
import type { Category } from '../../client';
import { client } from '../account';
import { href } from '../router';
import { said, useLoaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { FormDialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { hued, hueOf } from '../ui/people';
import { List } from './List';
import { DEFAULT_PLACE, PlaceField, usePlaces } from './places';
import { RowMenu } from './RowMenu';

/** Names by which workflows are found. */
export function Categories() {
  const loaded = useLoaded(useCallback(() => client.categories.list(), []));
  const places = usePlaces();
  const [edited, setEdited] = useState<Category | 'new' | null>(null);
  return (
    <>
      <List
        title="Categories"
        about="Names by which workflows are found."
        icon="tag"
        loaded={loaded}
        add="New category"
        onAdd={() => setEdited('new')}
        none={
          <>
            <p>A category groups workflows in the list, such as “sales” or “support”.</p>
            <Button icon="add" onClick={() => setEdited('new')}>
              Make the first one
            </Button>
          </>
        }
        row={(each) => (
          <li key={each._key} className="library-row">
            <span className="chip hued" style={hued(hueOf(each.name))}>
              {each.name}
            </span>
            <p className="grow muted small truncate">{each.description}</p>
            {places.all.length > 1 && <span className="chip">{places.nameOf(each.workspace)}</span>}
            <a className="small wide-only" href={href([], { category: each.name })}>
              Show workflows
            </a>
            <RowMenu
              name={each.name}
              noun="category"
              loss="Workflows keep its name as their category."
              disabled={!places.mayEdit(each.workspace)}
              onEdit={() => setEdited(each)}
              onRemove={async () => {
                await client.categories.remove(each._key);
                loaded.reload();
              }}
            />
          </li>
        )}
      />
      {edited && (
        <CategoryDialog
          category={edited === 'new' ? null : edited}
          places={places}
          onClose={() => setEdited(null)}
          onSaved={loaded.reload}
        />
      )}
    </>
  );
}

interface CategoryDialogProps {
  category: Category | null;
  places: ReturnType<typeof usePlaces>;
  onClose: () => void;
  onSaved: () => void;
}

function CategoryDialog({ category, places, onClose, onSaved }: CategoryDialogProps) {
  const [name, setName] = useState(category?.name ?? '');
  const [description, setDescription] = useState(category?.description ?? '');
  const [place, setPlace] = useState(DEFAULT_PLACE);
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    const fields = { name: name.trim(), description: description.trim() || null };
    try {
      if (category) await client.categories.change(category._key, fields);
      else await client.categories.create({ ...fields, workspace: place });
      onSaved();
      onClose();
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <FormDialog
      title={category ? 'Edit category' : 'New category'}
      submit={category ? 'Save' : 'Create category'}
      error={error}
      onClose={onClose}
      onSubmit={() => void save()}
    >
      <Field label="Name">
        {(ids) => (
          <input
            {...ids}
            className="input"
            required
            autoFocus
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="Description">
        {(ids) => (
          <textarea
            {...ids}
            className="input"
            rows={3}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        )}
      </Field>
      {!category && <PlaceField places={places} value={place} onChange={setPlace} />}
    </FormDialog>
  );
}
