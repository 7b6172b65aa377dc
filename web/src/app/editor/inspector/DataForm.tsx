import { guessedFields, type FormField } from '../../model/configs';
import { nodePath } from '../../model/edits';
import type { NodeView } from '../../model/graph';
import { objectOf } from '../../model/json';
import { useCanEdit, useOpen } from '../context';
import { DataField } from './DataField';

/** The data of a node as a form: the fields of its configuration, and whatever else is in it. */
export function DataForm({ node }: { node: NodeView }) {
  const { actions } = useOpen();
  const editable = useCanEdit();
  const data = objectOf(node.source['data']);
  const fields = allFields(node.config?.fields ?? [], data);
  if (fields.length === 0) {
    return (
      <p className="muted small">
        This node has no data.{' '}
        {editable && 'Add some as JSON, or give its node configuration fields.'}
      </p>
    );
  }
  return (
    <div className="stack">
      {fields.map((field) => (
        <DataField
          key={field.name}
          field={field}
          path={nodePath(node.key, 'data', field.name)}
          value={data?.[field.name]}
          onChange={(value) => {
            // A node whose data is no object gets one first.
            if (data) actions.change(nodePath(node.key, 'data', field.name), value);
            else actions.change(nodePath(node.key, 'data'), { [field.name]: value });
          }}
        />
      ))}
    </div>
  );
}

function allFields(described: readonly FormField[], data: unknown): FormField[] {
  const names = new Set(described.map((each) => each.name));
  return [...described, ...guessedFields(data).filter((each) => !names.has(each.name))];
}
