import { verify } from '@node-rs/argon2';
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { transact, type Person, type System } from '../base/db.js';
import { errorFacts } from '../base/error-facts.js';
import { Problem } from '../base/problem.js';
import { findForSignIn } from '../domain/users.js';
import type { Ask } from './act.js';

const nobody: System = { kind: 'system', name: 'sign_in' };

/** Verified for logins that do not exist, so that they take as long as a wrong password. */
const decoyHash = '$argon2id$v=19$m=19456,t=2,p=1$8XOlq7A95VgFChHgyF+ZRA$MyWktpOFGSjep5WdOMVHv53a7dwz1pEv1zkjPjqwOLg';

/**
 * Checks login and password.
 * @throws Problem sign_in_failed: which of the two was wrong, or whether the account is active, is not said
 */
export async function signIn(app: App, input: Ask & { login: string; password: string }): Promise<Person> {
  const found = await transact(app.db, nobody, (tx) => findForSignIn(tx, input.login));
  // a hash that cannot be read is a fault of the data, which somebody has to see; to who signs in it is a wrong password
  const matches = await verify(found?.passwordHash ?? decoyHash, input.password).catch((error: unknown) => {
    app.log.error({ userId: found?.person.userId ?? null, ...errorFacts(error) }, 'password hash cannot be verified');
    return false;
  });
  const person = found && matches ? found.person : null;
  // who tried is recorded only when it is somebody: what was typed as a login may be a password
  await transact(app.db, person ?? nobody, (tx) => audit(tx, { action: 'session.open', resourceType: 'user', resourceId: found?.person.userId ?? null, basis: null, outcome: person ? 'done' : 'refused' }), input.requestId ?? null);
  if (!person) throw new Problem('sign_in_failed');
  return person;
}
