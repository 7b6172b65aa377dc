import { useStore as useFlow, ViewportPortal } from '@xyflow/react';
import type { Peer } from '../model/peers';
import { useStore } from '../store';
import { hued } from '../ui/people';
import { useOpen } from './context';

/** The pointers of the others who look at the same sheet. */
export function Cursors() {
  const { peers, actions } = useOpen();
  const all = useStore(peers.others, (others) => others.all);
  const zoom = useFlow((state) => state.transform[2]);
  const here = actions.sheet;
  return (
    <ViewportPortal>
      {all.map((peer) =>
        peer.cursor && (peer.sheet === null || peer.sheet === here) ? (
          <Cursor key={peer.clientId} peer={peer} at={peer.cursor} zoom={zoom} />
        ) : null,
      )}
    </ViewportPortal>
  );
}

function Cursor({ peer, at, zoom }: { peer: Peer; at: { x: number; y: number }; zoom: number }) {
  return (
    <div
      className="cursor hued"
      style={{ ...hued(peer.hue), transform: `translate(${at.x}px, ${at.y}px)` }}
    >
      <div style={{ transform: `scale(${1 / zoom})` }} className="cursor-inner">
        <svg width="18" height="20" viewBox="0 0 18 20" aria-hidden="true">
          <path d="M1.5 1.5v15l4.2-3.8 2.6 5.8 2.7-1.2-2.6-5.7h5.8z" />
        </svg>
        <span>{peer.name}</span>
      </div>
    </div>
  );
}
