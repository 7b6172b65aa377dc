import { lazy, Suspense } from 'react';
import { useAccount } from './account';
import { Manage } from './manage/Manage';
import { Account } from './pages/Account';
import { Missing } from './pages/Missing';
import { SignIn } from './pages/SignIn';
import { WorkflowList } from './pages/WorkflowList';
import { usePlace } from './router';
import { Shell } from './Shell';
import { Loading } from './ui/Empty';
import { Failure } from './ui/Failure';
import { Toasts } from './ui/toasts';

// The canvas is most of the program, and not needed to sign in and to choose.
const Editor = lazy(() => import('./editor/Editor'));

/** The whole editor: who is not signed in sees the way in, everybody else the page of the address. */
export function App() {
  const account = useAccount();
  return (
    <>
      {account.status === 'restoring' && <Loading what="Nodius" />}
      {account.status === 'out' && <SignIn notice={account.notice} />}
      {account.status === 'in' && <Page />}
      <Toasts />
    </>
  );
}

function Page() {
  const { parts } = usePlace();
  const [page, key] = parts;
  // Another page is another attempt.
  return (
    <Failure key={`${page} ${key}`}>
      {page === 'workflow' && key ? (
        <Suspense fallback={<Loading what="the editor" />}>
          <Editor workflowKey={key} />
        </Suspense>
      ) : (
        <Shell>{pageOf(page, key)}</Shell>
      )}
    </Failure>
  );
}

function pageOf(page: string | undefined, section: string | undefined) {
  if (page === undefined) return <WorkflowList />;
  if (page === 'library') return <Manage section={section} />;
  if (page === 'account') return <Account />;
  return <Missing />;
}
