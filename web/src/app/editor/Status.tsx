import { useEffect, useState } from 'react';
import { Icon } from '../ui/Icon';
import { useSession } from './context';

/** Whether what one did has arrived. */
export function Status() {
  const status = useSession((state) => state.status);
  const pending = useSession((state) => state.pending);
  const seq = useSession((state) => state.seq);
  const savedSeq = useSession((state) => state.savedSeq);
  const slow = useLasting(pending > 0, 300);
  const title = `Acknowledged up to change ${seq}; the newest snapshot stands for change ${savedSeq}`;
  const [tone, words] = told(status, slow ? pending : 0);
  return (
    <span className={`chip status ${tone}`} role="status" aria-busy={pending > 0} title={title}>
      {tone === 'good' ? (
        <Icon name="check" size={15} />
      ) : (
        <Icon name={status === 'offline' ? 'offline' : 'wait'} size={15} />
      )}
      <span className="status-words">{words}</span>
    </span>
  );
}

function told(status: string, pending: number): [tone: string, words: string] {
  if (status === 'connecting') return ['', 'Connecting …'];
  if (status === 'offline') return ['warning', pending ? `Offline, ${pending} waiting` : 'Offline'];
  return pending ? ['', `Saving ${pending} …`] : ['good', 'Saved'];
}

/** Whether it has been so for a while: what is over at once is not worth a word. */
function useLasting(now: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!now) return;
    const timer = setTimeout(() => setLasting(true), ms);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [now, ms]);
  return now && lasting;
}

/** That the server is away, what becomes of one's changes, and when it is tried again. */
export function OfflineBanner() {
  const offline = useSession((state) => state.status === 'offline');
  return offline ? <Offline /> : null;
}

function Offline() {
  const pending = useSession((state) => state.pending);
  const retryAt = useSession((state) => state.retryAt);
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = retryAt ? Math.max(0, Math.ceil((retryAt - now) / 1000)) : 0;
  return (
    <div className="offline" role="alert">
      <Icon name="offline" />
      <p>
        <strong>You are offline.</strong> {kept(pending)}
      </p>
      {/* The countdown is for the eyes: read aloud each second it would be a nuisance. */}
      <span className="small" aria-hidden="true">
        {seconds > 0 ? `Trying again in ${seconds} s` : 'Trying again …'}
      </span>
    </div>
  );
}

function kept(pending: number): string {
  if (pending === 0) return 'You can go on: your changes are kept on this device and sent later.';
  const [what, are] = pending === 1 ? ['change', 'waits'] : ['changes', 'wait'];
  return `${pending} ${what} ${are} on this device, and will be sent when the server is back.`;
}
