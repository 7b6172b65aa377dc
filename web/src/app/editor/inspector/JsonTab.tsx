import { useState } from 'react';
import CodeEditor from '../../code/CodeEditor';
import { nodePath } from '../../model/edits';
import type { NodeView } from '../../model/graph';
import { objectOf, type JsonObject } from '../../model/json';
import { Button } from '../../ui/Button';
import { useCanEdit, useOpen } from '../context';

/** The whole node as JSON. What is written is applied as a whole, by what differs. */
export default function JsonTab({ node }: { node: NodeView }) {
  const { actions } = useOpen();
  const editable = useCanEdit();
  const saved = JSON.stringify(node.source, null, 2);
  const [draft, setDraft] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  // What was being written has become true, or was written by somebody else.
  if (draft === saved) setDraft(null);
  const apply = () => {
    const { value, wrong } = objectIn(draft ?? saved);
    setError(wrong);
    if (value && actions.change(nodePath(node.key), value)) setDraft(null);
  };
  return (
    <div className="stack">
      <CodeEditor
        label={`${node.name} as JSON`}
        language="json"
        value={draft ?? saved}
        readOnly={!editable}
        write={(text) => setDraft(text)}
      />
      {error && (
        <p className="notice danger" role="alert">
          {error}
        </p>
      )}
      {editable && (
        <div className="row">
          <Button compact kind="primary" disabled={draft === null} onClick={apply}>
            Apply JSON
          </Button>
          <Button
            compact
            disabled={draft === null}
            onClick={() => {
              setDraft(null);
              setError(null);
            }}
          >
            Discard
          </Button>
        </div>
      )}
    </div>
  );
}

function objectIn(text: string): { value: JsonObject | null; wrong: string | null } {
  try {
    const value = objectOf(JSON.parse(text));
    return { value, wrong: value ? null : 'A node is an object: begin with { and end with }.' };
  } catch (error) {
    return {
      value: null,
      wrong: `This is not JSON: ${error instanceof Error ? error.message : ''}`,
    };
  }
}
