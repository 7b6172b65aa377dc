import { Component, type ReactNode } from 'react';
import { Button } from './Button';
import { Empty } from './Empty';

/**
 * Stands in the place of a page that failed, instead of nothing at all. It may be a fault of ours,
 * or that the server has a newer editor, of which the rest is no longer where it was.
 */
export class Failure extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="page">
        <Empty icon="alert" title="This page has failed">
          <p>What you did is safe: it was sent, or is kept on this device until it is.</p>
          <Button kind="primary" onClick={() => location.reload()}>
            Load it again
          </Button>
        </Empty>
      </main>
    );
  }
}
