import { href } from '../router';
import { Button } from '../ui/Button';
import { Empty } from '../ui/Empty';

const TITLES: Readonly<Record<string, string>> = {
  deleted: 'This workflow was deleted',
  workflow_not_found: 'This workflow is not there',
  '4409': 'This workflow is open in another tab',
};

/** What stands in the place of a workflow that cannot be gone on with. */
export function Ended({ code, message }: { code: string | number; message: string }) {
  return (
    <main className="page">
      <Empty icon="alert" title={TITLES[String(code)] ?? 'This workflow cannot be shown'}>
        <p>{message}</p>
        <div className="row">
          <Button onClick={() => location.reload()}>Try again</Button>
          <a className="button primary" href={href([])}>
            All workflows
          </a>
        </div>
      </Empty>
    </main>
  );
}
