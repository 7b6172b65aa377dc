import {
  Handle,
  NodeResizer,
  useConnection,
  type ConnectionState,
  type NodeProps,
} from '@xyflow/react';
import { createContext, memo, use } from 'react';
import { client } from '../account';
import { objectOf, textOf } from '../model/json';
import type { Point } from '../model/edits';
import type { FlowNode } from '../model/flow';
import type { NodeView, Size } from '../model/graph';
import type { Peer } from '../model/peers';
import { PORT, POSITIONS } from '../model/portPlaces';
import { fits, typeName, type DataTypes, type Port } from '../model/ports';
import { createStore, useStore, type Store } from '../store';
import { classes } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { hued, hueOf } from '../ui/people';
import { iconOf } from './iconOf';

/** What nodes need to know that is not of their own. */
export interface Surroundings {
  types: DataTypes;
  editable: boolean;
  /** Whether nodes are so small on the screen that nothing in them can be seen. */
  tiny: boolean;
  byNode: Store<{ byNode: ReadonlyMap<string, readonly Peer[]> }>;
  onResized?: (key: string, to: Point & Size) => void;
}

export const SurroundingsContext = createContext<Surroundings>({
  types: new Map(),
  editable: false,
  tiny: false,
  byNode: createStore({ byNode: new Map() }),
});

const NOBODY: readonly Peer[] = [];

/** A node on the canvas. */
export const StepNode = memo(function StepNode({ id, data, selected }: NodeProps<FlowNode>) {
  const { byNode, editable, tiny, onResized } = use(SurroundingsContext);
  const others = useStore(byNode, (all) => all.byNode.get(id) ?? NOBODY);
  const { view, ports, change, alone } = data;
  const [first] = others;
  return (
    <div
      className={classes(
        'step hued',
        selected && 'is-selected',
        view.type === 'note' && 'is-note',
        first && 'is-others',
        change && `is-${change}`,
      )}
      style={hued(hueOf(view.type))}
    >
      {alone && editable && (
        <NodeResizer minWidth={120} minHeight={60} onResizeEnd={(_, to) => onResized?.(id, to)} />
      )}
      {!tiny && <Face view={view} />}
      {change && <span className="step-change">{change}</span>}
      {first && (
        <span className="step-others hued" style={hued(first.hue)}>
          {others.length > 1 ? `${first.name} +${others.length - 1}` : first.name}
        </span>
      )}
      {first && <span className="step-ring hued" style={hued(first.hue)} />}
      {!tiny &&
        ports.map((port) => <PortHandle key={`${port.kind} ${port.id}`} node={id} port={port} />)}
    </div>
  );
});

function Face({ view }: { view: NodeView }) {
  const data = objectOf(view.source['data']);
  const image = textOf(data?.['image']);
  const words = previewOf(view);
  return (
    <div className="step-face">
      <div className="step-head">
        <span className="step-sign">
          <Icon name={iconOf(view)} size={16} />
        </span>
        <span className="step-name truncate">{view.name}</span>
      </div>
      {image && (
        <img
          className="step-image"
          src={client.images.url(image, 440)}
          alt=""
          draggable={false}
          loading="lazy"
        />
      )}
      {!image && view.type === 'note' && <p className="step-note">{textOf(data?.['text'])}</p>}
      {!image && view.type !== 'note' && (
        <p className="step-kind truncate">
          {view.name === view.kind ? words : [view.kind, words].filter(Boolean).join(' · ')}
        </p>
      )}
    </div>
  );
}

/** A few words of what the node's data says. */
function previewOf({ source }: NodeView): string {
  const entries = Object.values(objectOf(source['data']) ?? {});
  const said = entries
    .filter((each) => typeof each === 'string' || typeof each === 'number')
    .slice(0, 2);
  return said.map(String).join(' · ').slice(0, 120);
}

function PortHandle({ node, port }: { node: string; port: Port }) {
  const { types, editable } = use(SurroundingsContext);
  const vertical = port.side === 'L' || port.side === 'R';
  const from = useConnection(beginning);
  const fit = from === null ? null : mayMeet(from, node, port, types);
  const name = typeName(port.accept, types);
  const words = `${port.kind === 'in' ? 'Takes' : 'Gives'} ${name === 'any' ? 'anything' : name}`;
  return (
    <Handle
      id={port.id}
      type={port.kind === 'in' ? 'target' : 'source'}
      position={POSITIONS[port.side]}
      className={classes(
        'port hued',
        port.stray && 'stray',
        port.side === '0' && 'middle',
        fit === true && 'fit',
        fit === false && 'unfit',
      )}
      style={{
        ...hued(hueOf(name)),
        width: PORT,
        height: PORT,
        [vertical ? 'top' : 'left']: `${port.at * 100}%`,
      }}
      isConnectable={editable && !port.stray}
      title={port.label ? `${port.label}: ${words.toLowerCase()}` : words}
    >
      {port.label && <span className={`port-label at-${port.side}`}>{port.label}</span>}
    </Handle>
  );
}

/** Where the connection begins that is being drawn: as a text, so that it stays the same. */
function beginning(connection: ConnectionState): string | null {
  if (!connection.inProgress) return null;
  const { fromHandle, fromNode } = connection;
  return [
    fromHandle.type,
    fromNode.id,
    fromHandle.id ?? '',
    acceptOf(fromNode, fromHandle.id),
  ].join('\n');
}

function acceptOf(node: { data: Record<string, unknown> }, id: string | null | undefined): string {
  const ports = node.data['ports'] as readonly Port[] | undefined;
  return ports?.find((each) => each.id === id)?.accept ?? 'any';
}

function mayMeet(from: string, node: string, port: Port, types: DataTypes): boolean | null {
  const [type, fromNode, id, accept = 'any'] = from.split('\n');
  if (fromNode === node)
    return id === port.id && (type === 'source') === (port.kind === 'out') ? null : false;
  if (type === 'source') return port.kind === 'in' && fits(accept, port.accept, types);
  return port.kind === 'out' && fits(port.accept, accept, types);
}
