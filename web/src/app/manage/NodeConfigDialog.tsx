import { lazy, Suspense, useState } from 'react';
import type { NodeConfig as Entry } from '../../client';
import { client } from '../account';
import { configOf } from '../model/configs';
import { objectOf } from '../model/json';
import { said, useLoaded } from '../useLoaded';
import { Dialog, FormDialog } from '../ui/Dialog';
import { Loading } from '../ui/Empty';
import { Field } from '../ui/Field';
import { Tabs } from '../ui/Tabs';
import { FieldsEditor, readRows, writtenRows } from './FieldsEditor';
import { DEFAULT_PLACE, PlaceField, type usePlaces } from './places';
import { PortsEditor, readPorts, writtenPorts } from './PortsEditor';

const CodeEditor = lazy(() => import('../code/CodeEditor'));
const KINDS = ['text', 'longtext', 'number', 'boolean', 'choice', 'image', 'json'];
const TABS = [
  { id: 'about', label: 'About' },
  { id: 'ports', label: 'Ports' },
  { id: 'fields', label: 'Form' },
  { id: 'code', label: 'Code' },
] as const;

const loadTypes = () => client.dataTypes.list();

interface NodeConfigDialogProps {
  entry: Entry | null;
  places: ReturnType<typeof usePlaces>;
  readOnly: boolean;
  onClose: () => void;
  onSaved: () => void;
}

/** Make or change a kind of node. */
export function NodeConfigDialog({
  entry,
  places,
  readOnly,
  onClose,
  onSaved,
}: NodeConfigDialogProps) {
  const [draft, setDraft] = useState(() => draftOf(entry));
  const [place, setPlace] = useState(DEFAULT_PLACE);
  const [tab, setTab] = useState<(typeof TABS)[number]['id']>('about');
  const [error, setError] = useState<string | null>(null);
  const types = useLoaded(loadTypes).data ?? [];
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const save = async () => {
    try {
      const fields = fieldsOf(draft, entry);
      if (entry) await client.nodeConfigs.change(entry._key, fields);
      else await client.nodeConfigs.create({ ...fields, workspace: place });
      onSaved();
      onClose();
    } catch (problem) {
      setError(said(problem));
    }
  };
  const body = (
    <Tabs label="Parts of the configuration" tabs={TABS} current={tab} onChange={setTab}>
      <fieldset className="stack tab-body" disabled={readOnly}>
        {tab === 'about' && <About draft={draft} onChange={change} />}
        {tab === 'about' && !entry && (
          <PlaceField places={places} value={place} onChange={setPlace} />
        )}
        {tab === 'ports' && (
          <PortsEditor
            rows={draft.ports}
            types={types.map((each) => each.name)}
            onChange={(ports) => change({ ports })}
          />
        )}
        {tab === 'fields' && (
          <FieldsEditor
            legend="Fields of the form"
            kinds={KINDS}
            rows={draft.fields}
            onChange={(fields) => change({ fields })}
          />
        )}
        {tab === 'code' && (
          <Suspense fallback={<Loading what="the code editor" />}>
            <CodeEditor
              label="Code"
              language="javascript"
              value={draft.process}
              readOnly={readOnly}
              write={(process) => change({ process })}
            />
            <p className="muted small">
              JavaScript. It is kept here exactly as it is written, and run elsewhere.
            </p>
          </Suspense>
        )}
      </fieldset>
    </Tabs>
  );
  if (readOnly) {
    return (
      <Dialog title={draft.name} wide onClose={onClose}>
        <div className="dialog-body">{body}</div>
      </Dialog>
    );
  }
  return (
    <FormDialog
      title={entry ? 'Edit node configuration' : 'New node configuration'}
      submit={entry ? 'Save' : 'Create configuration'}
      wide
      error={error}
      onClose={onClose}
      onSubmit={() => void save()}
    >
      {body}
    </FormDialog>
  );
}

interface AboutProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

function About({ draft, onChange }: AboutProps) {
  const text = (
    label: string,
    field: 'name' | 'type' | 'category' | 'description',
    hint?: string,
  ) => (
    <Field label={label} hint={hint}>
      {(ids) => (
        <input
          {...ids}
          className="input"
          required={field === 'name' || field === 'type'}
          value={draft[field]}
          onChange={(event) => onChange({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      {text('Name', 'name')}
      {text(
        'Type',
        'type',
        'How nodes name it, and what programs go by. With the version, it is unique in a workspace.',
      )}
      <Field label="Version">
        {(ids) => (
          <input
            {...ids}
            className="input"
            type="number"
            step={1}
            required
            value={draft.version}
            onChange={(event) => onChange({ version: event.target.valueAsNumber || 0 })}
          />
        )}
      </Field>
      {text('Group in the palette', 'category')}
      {text('Description', 'description')}
    </>
  );
}

type Draft = ReturnType<typeof draftOf>;

function draftOf(entry: Entry | null) {
  const config = entry ? configOf(entry) : null;
  return {
    name: config?.name ?? '',
    type: config?.type ?? '',
    version: config?.version ?? 1,
    category: config?.category ?? '',
    description: config?.description ?? '',
    process: config?.process ?? '',
    ports: readPorts(config ? config.handles : { L: port('in'), R: port('out') }),
    fields: readRows((entry as { fields?: unknown } | null)?.fields),
  };
}

function port(kind: 'in' | 'out') {
  return { position: 'separate', point: [{ id: kind, type: kind, accept: 'any' }] };
}

/** What is kept. An entry of the original system has its ports in `node`, and goes on to. */
function fieldsOf(draft: Draft, entry: Entry | null) {
  const { ports, fields, name, type, version, process } = draft;
  const node = objectOf((entry as { node?: unknown } | null)?.node);
  const handles = writtenPorts(ports, entry ? configOf(entry).handles : null);
  return {
    name: name.trim(),
    type: type.trim(),
    version,
    process,
    category: draft.category.trim() || null,
    description: draft.description.trim() || null,
    fields: writtenRows(fields),
    ...(node ? { node: { ...node, handles, process } } : { handles }),
  };
}
