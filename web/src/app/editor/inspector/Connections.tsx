import { useState } from 'react';
import { configFor } from '../../model/configs';
import { edgeView, nodeView, type EdgeView, type NodeView } from '../../model/graph';
import { remove } from '../../../client';
import { completed, fits, typeName, type Port } from '../../model/ports';
import { sheetOf } from '../../model/sheets';
import { Button, IconButton } from '../../ui/Button';
import { hued, hueOf } from '../../ui/people';
import { useCanEdit, useGraph, useOpen } from '../context';
import { select } from '../state';

/** What comes into a node and what goes out, and a way to connect it without a pointer. */
export function Connections({ node }: { node: NodeView }) {
  const { library } = useOpen();
  const graph = useGraph();
  const edges = Object.entries(graph.edges).flatMap(([key, value]) => edgeView(key, value) ?? []);
  const ports = portsOf(node).filter((each) => !each.stray);
  if (ports.length === 0)
    return <p className="muted small">Nothing can be connected to this node.</p>;
  return (
    <div className="stack">
      {ports.map((port) => {
        const name = typeName(port.accept, library.types);
        return (
          <section
            key={`${port.kind} ${port.id}`}
            className="port-section"
            aria-label={`${words(port)} ${port.label ?? port.id}`}
          >
            <h3>
              <span className="dot hued" style={hued(hueOf(name))} />
              {words(port)} {port.label ?? port.id}
              <span className="chip">{name}</span>
            </h3>
            <PortLinks node={node} port={port} edges={edges} />
          </section>
        );
      })}
    </div>
  );
}

function PortLinks({
  node,
  port,
  edges,
}: {
  node: NodeView;
  port: Port;
  edges: readonly EdgeView[];
}) {
  const { actions, view } = useOpen();
  const graph = useGraph();
  const editable = useCanEdit();
  const nodes = useNodes();
  const mine = edges.filter((edge) =>
    port.kind === 'out'
      ? edge.source === node.key && isAt(edge.sourceHandle, port, node)
      : edge.target === node.key && isAt(edge.targetHandle, port, node),
  );
  const nameOf = (key: string) => nodes.find((each) => each.key === key)?.name ?? key;
  return (
    <>
      <ul className="links">
        {mine.map((edge) => {
          const other = port.kind === 'out' ? edge.target : edge.source;
          return (
            <li key={edge.key} className="row">
              <button
                type="button"
                className="link grow truncate"
                onClick={() => select(view, [other])}
              >
                {port.kind === 'out' ? 'to' : 'from'} {nameOf(other)}
              </button>
              {editable && (
                <IconButton
                  compact
                  icon="close"
                  label={`Disconnect ${nameOf(other)}`}
                  onClick={() =>
                    actions.apply(
                      graph.edges[edge.key] === undefined ? [] : [remove(['edges', edge.key])],
                    )
                  }
                />
              )}
            </li>
          );
        })}
        {mine.length === 0 && <li className="muted small">Not connected</li>}
      </ul>
      {editable && <Connect node={node} port={port} nodes={nodes} />}
    </>
  );
}

/** Choose what a port is connected to: whatever fits. */
function Connect({
  node,
  port,
  nodes,
}: {
  node: NodeView;
  port: Port;
  nodes: readonly NodeView[];
}) {
  const { actions, library } = useOpen();
  const [chosen, setChosen] = useState('');
  const ends = nodes.flatMap((other) =>
    other.key === node.key ? [] : fittingEnds(port, other, library.types),
  );
  const connect = () => {
    const end = ends[Number(chosen)];
    if (!end || chosen === '') return;
    const here = { key: node.key, port: port.id };
    const [from, to] = port.kind === 'out' ? [here, end] : [end, here];
    actions.connect({
      source: from.key,
      sourceHandle: from.port,
      target: to.key,
      targetHandle: to.port,
    });
    setChosen('');
  };
  return (
    <div className="row">
      <select
        className="input"
        aria-label={`Connect ${port.label ?? port.id} ${port.kind === 'out' ? 'to' : 'from'}`}
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
      >
        <option value="">{ends.length ? 'Choose a node …' : 'No node fits'}</option>
        {ends.map((each, at) => (
          <option key={`${each.key} ${each.port}`} value={at}>
            {each.words}
          </option>
        ))}
      </select>
      <Button compact disabled={chosen === ''} onClick={connect}>
        Connect
      </Button>
    </div>
  );
}

function fittingEnds(port: Port, other: NodeView, types: Parameters<typeof fits>[2]) {
  const ports = portsOf(other).filter((each) => each.kind !== port.kind && !each.stray);
  const fitting = ports.filter((each) =>
    port.kind === 'out'
      ? fits(port.accept, each.accept, types)
      : fits(each.accept, port.accept, types),
  );
  return fitting.map((each) => ({
    key: other.key,
    port: each.id,
    words: ports.length > 1 ? `${other.name}, ${each.label ?? each.id}` : other.name,
  }));
}

function useNodes(): NodeView[] {
  const { library, actions } = useOpen();
  const graph = useGraph();
  const { sheets, sheet } = actions;
  return Object.entries(graph.nodes)
    .filter(([, value]) => sheetOf(value, sheets) === sheet)
    .flatMap(([key, value]) => nodeView(key, value, configFor(value, library.byType)) ?? [])
    .sort((one, other) => one.name.localeCompare(other.name));
}

function portsOf({ ports, source, config }: NodeView): readonly Port[] {
  return completed(ports, source['handles'] !== undefined || config?.handles !== undefined);
}

/** Whether an edge ends at this port; one that names none ends at the first of its kind. */
function isAt(handle: string | null, port: Port, node: NodeView): boolean {
  if (handle === port.id) return true;
  const [first] = portsOf(node).filter((each) => each.kind === port.kind);
  return handle === null && first?.id === port.id;
}

function words(port: Port): string {
  return port.kind === 'in' ? 'Input' : 'Output';
}
