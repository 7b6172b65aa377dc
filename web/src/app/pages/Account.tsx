import { useEffect, useState, type FormEvent } from 'react';
import { client, useUser } from '../account';
import { said } from '../useLoaded';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { tell } from '../ui/toasts';

/** One's own password. */
export function Account() {
  const user = useUser();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    document.title = 'Account – Nodius';
  }, []);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    try {
      await client.changePassword(current, next);
      setCurrent('');
      setNext('');
      tell('good', 'Your password is changed', 'You are signed out everywhere else.');
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <>
      <div className="page-head">
        <div>
          <h1>Account</h1>
          <p className="muted">You are signed in as {user.username}.</p>
        </div>
      </div>
      <form
        className="card pad stack narrow"
        aria-label="Change password"
        onSubmit={(event) => void send(event)}
      >
        <h2>Change password</h2>
        <Field label="Current password">
          {(ids) => (
            <input
              {...ids}
              className="input"
              type="password"
              autoComplete="current-password"
              required
              value={current}
              onChange={(event) => setCurrent(event.target.value)}
            />
          )}
        </Field>
        <Field label="New password" hint="8 characters or more." error={error}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              type="password"
              autoComplete="new-password"
              minLength={8}
              required
              value={next}
              onChange={(event) => setNext(event.target.value)}
            />
          )}
        </Field>
        <div>
          <Button type="submit" kind="primary">
            Change password
          </Button>
        </div>
      </form>
    </>
  );
}
