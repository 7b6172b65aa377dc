import CodeEditor from '../../code/CodeEditor';
import { nodePath } from '../../model/edits';
import type { NodeView } from '../../model/graph';
import { Button } from '../../ui/Button';
import { useCanEdit, useOpen } from '../context';
import { Editing } from './Editing';

/** The code of a node: its own, or else that of its configuration. */
export default function CodeTab({ node }: { node: NodeView }) {
  const { actions, peers } = useOpen();
  const editable = useCanEdit();
  const path = nodePath(node.key, 'process');
  const own = node.source['process'];
  const shared = node.config?.process ?? null;
  if (typeof own !== 'string' && shared !== null) {
    return (
      <div className="stack">
        <p className="muted small">
          This is the code of “{node.config?.name}”, the same for all its nodes.
        </p>
        <CodeEditor
          label={`Code of ${node.kind}`}
          language="javascript"
          value={shared}
          readOnly
          write={() => undefined}
        />
        {editable && (
          <Button compact onClick={() => actions.change(path, shared)}>
            Give this node code of its own
          </Button>
        )}
      </div>
    );
  }
  return (
    <div className="stack">
      <Editing field={path.join('/')} />
      <CodeEditor
        label={`Code of ${node.name}`}
        language="javascript"
        value={typeof own === 'string' ? own : ''}
        readOnly={!editable}
        read={() => {
          const now = actions.at(path);
          return typeof now === 'string' ? now : '';
        }}
        write={(text) => actions.changeText(path, text)}
        onFocus={() => peers.focus(path.join('/'))}
        onBlur={() => peers.focus(null)}
      />
      <p className="muted small">JavaScript. It is kept here, and run elsewhere.</p>
    </div>
  );
}
