// docs/PROBLEMS.md, written from base/problem.ts: `npx tsx src/http/problems-doc.ts`. A test says when it is stale.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { problemKinds } from '../base/problem.js';

/** The page of refusals as Markdown. */
export function writeProblems(): string {
  const kinds = Object.entries(problemKinds);
  const row = ([code, kind]: (typeof kinds)[number]): string => `| \`${code}\` | ${kind.status} | ${kind.title} | ${kind.detail} | ${kind.when} |`;
  return `# Problems

Written from \`src/base/problem.ts\` by \`src/http/problems-doc.ts\`; do not edit.

Every refusal is \`application/problem+json\` (RFC 9457): \`type\` is \`/api/problems/<code>\`, \`instance\` is the number of
the request (also in \`X-Request-Id\` and in the log). \`errors\` lists what is wrong and where: \`pointer\` (RFC 6901) points
into the body, or begins with \`/path\`, \`/query\` or \`/header\` for what stands there. Refusals of a race carry \`by\` and \`at\`.

A refusal has changed nothing. \`unavailable\` (503) carries \`Retry-After\` and may be sent again with the same
\`Idempotency-Key\`. Any other 500 has the type \`/api/problems/fault\`: our own fault, rolled back, told with nothing but its number.

| Code | Status | Title | What staff read | When |
|--|--|--|--|--|
${kinds.map(row).join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL('../../docs/PROBLEMS.md', import.meta.url), writeProblems());
