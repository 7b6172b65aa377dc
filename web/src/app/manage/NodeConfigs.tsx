import { useCallback, useState } from 'react';
import type { NodeConfig as Entry } from '../../client';
import { client } from '../account';
import { iconOf } from '../editor/iconOf';
import { configOf } from '../model/configs';
import { said, useLoaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { hued, hueOf } from '../ui/people';
import { tell } from '../ui/toasts';
import { List } from './List';
import { NodeConfigDialog } from './NodeConfigDialog';
import { usePlaces } from './places';
import { RowMenu } from './RowMenu';
import { addStarterSet } from './starter';

/** The kinds of nodes that the palette offers. */
export function NodeConfigs() {
  const loaded = useLoaded(useCallback(() => client.nodeConfigs.list(), []));
  const places = usePlaces();
  const [edited, setEdited] = useState<Entry | 'new' | null>(null);
  const start = async () => {
    try {
      await addStarterSet();
      tell('good', 'The starter set is there');
    } catch (error) {
      tell('danger', 'The starter set was not added whole', said(error));
    }
    loaded.reload();
  };
  const row = (entry: Entry) => {
    const config = configOf(entry);
    return (
      <li key={entry._key} className="library-row hued" style={hued(hueOf(config.type))}>
        <span className="step-sign">
          <Icon name={iconOf({ type: config.type, kind: config.name })} />
        </span>
        <div className="grow">
          <button
            type="button"
            className="link row-title truncate"
            onClick={() => setEdited(entry)}
          >
            {config.name}
          </button>
          <p className="muted small truncate">
            <code>{config.type}</code> · version {config.version}
            {config.description && ` · ${config.description}`}
          </p>
        </div>
        {config.category && <span className="chip wide-only">{config.category}</span>}
        {places.all.length > 1 && (
          <span className="chip wide-only">{places.nameOf(entry.workspace)}</span>
        )}
        <RowMenu
          name={config.name}
          noun="node configuration"
          loss="Nodes that were made from it stay, and are drawn by what they hold themselves."
          disabled={!places.mayEdit(entry.workspace)}
          onEdit={() => setEdited(entry)}
          onRemove={async () => {
            await client.nodeConfigs.remove(entry._key);
            loaded.reload();
          }}
        />
      </li>
    );
  };
  return (
    <>
      <List
        title="Node configurations"
        about="The kinds of nodes that the palette offers: their ports, their form, their code."
        icon="settings"
        loaded={loaded}
        add="New configuration"
        onAdd={() => setEdited('new')}
        row={row}
        none={
          <>
            <p>
              Begin with a set of common kinds, such as a request, a decision and a mail, and change
              them as you like.
            </p>
            <div className="row">
              <Button icon="download" onClick={() => void start()}>
                Add a starter set
              </Button>
            </div>
          </>
        }
      />
      {edited && (
        <NodeConfigDialog
          entry={edited === 'new' ? null : edited}
          places={places}
          readOnly={edited !== 'new' && !places.mayEdit(edited.workspace)}
          onClose={() => setEdited(null)}
          onSaved={loaded.reload}
        />
      )}
    </>
  );
}
