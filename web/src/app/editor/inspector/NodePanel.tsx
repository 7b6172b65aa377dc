import { lazy, Suspense, useState } from 'react';
import { nodePath } from '../../model/edits';
import type { NodeView } from '../../model/graph';
import { Button } from '../../ui/Button';
import { Loading } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { hued, hueOf } from '../../ui/people';
import { Tabs } from '../../ui/Tabs';
import { useCanEdit, useOpen } from '../context';
import { iconOf } from '../iconOf';
import { Connections } from './Connections';
import { DataForm } from './DataForm';
import { TextField } from './TextField';

// CodeMirror is large, and most of the time nobody looks at code.
const CodeTab = lazy(() => import('./CodeTab'));
const JsonTab = lazy(() => import('./JsonTab'));

const TABS = [
  { id: 'data', label: 'Data' },
  { id: 'links', label: 'Connections' },
  { id: 'code', label: 'Code' },
  { id: 'json', label: 'JSON' },
] as const;
type Tab = (typeof TABS)[number]['id'];

let lastTab: Tab = 'data';

/** One node. */
export function NodePanel({ node }: { node: NodeView }) {
  const { actions } = useOpen();
  const editable = useCanEdit();
  const [tab, setTab] = useState<Tab>(lastTab);
  const change = (next: Tab) => {
    lastTab = next;
    setTab(next);
  };
  return (
    <div className="panel-body stack">
      <p className="node-line hued" style={hued(hueOf(node.type))}>
        <span className="step-sign">
          <Icon name={iconOf(node)} size={16} />
        </span>
        <span className="grow truncate">{node.kind}</span>
        <code className="muted small truncate" title={`The key of this node: ${node.key}`}>
          {node.key}
        </code>
      </p>
      <TextField
        label="Name"
        path={nodePath(node.key, 'name')}
        value={nameOf(node)}
        placeholder={node.kind}
      />
      <Tabs label="Parts of the node" tabs={TABS} current={tab} onChange={change}>
        <Suspense fallback={<Loading what="the code editor" />}>
          {tab === 'data' && <DataForm node={node} />}
          {tab === 'links' && <Connections node={node} />}
          {tab === 'code' && <CodeTab node={node} />}
          {tab === 'json' && <JsonTab node={node} />}
        </Suspense>
      </Tabs>
      {editable && (
        <div className="row panel-foot">
          <Button compact icon="copy" onClick={() => actions.duplicate()}>
            Duplicate
          </Button>
          <Button compact icon="trash" kind="danger" onClick={() => actions.removeSelected()}>
            Delete
          </Button>
        </div>
      )}
    </div>
  );
}

function nameOf({ source }: NodeView): string {
  return typeof source['name'] === 'string' ? source['name'] : '';
}
