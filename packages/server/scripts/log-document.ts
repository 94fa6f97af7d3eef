/** docs/log.md: what the log can say, from its closed vocabulary. An event without a meaning does not compile. */
import { type LogLine, logFields } from '../src/log.ts'

const events: Readonly<Record<LogLine['event'], string>> = {
  request: 'One HTTP request was answered: route, status, time.',
  authorize: 'The authorizer let a token in (`ok`) or not (`refused`).',
  tool: 'One call of a tool ended: which, how, in what time; `code` where it failed.',
  mail: 'A mail server or the way to it failed; `code` says how.',
  connect: 'A sign-in on our page: how it ended.',
  revoke: 'A grant was ended by its owner or its client.',
  review: 'An owner sent or discarded a draft on `/review` (`ok`), or it failed.',
  token: 'The token endpoint gave or refused tokens.',
  register: 'A client registered itself.',
  client_metadata: 'The document of a client was fetched, or could not be.',
  session: 'A session of the 2025 era.',
  key_refused:
    'A stored record, or its owner’s settings, did not open with the caller’s keys. Rings an alarm.',
  unavailable: 'A store or KMS did not answer (`code`); the client was told to come back. Rings an alarm.',
  bug: 'Something unforeseen: its kind and its place (`at`). Rings an alarm.',
  started: 'The local runner listens.',
  stopped: 'The local runner ended cleanly.',
}

const fields: Readonly<Record<Exclude<keyof LogLine, 'event'>, string>> = {
  requestId: 'names the request; the gateway’s own where there is one',
  grant: 'the hash of a grant’s id: follows it through the log, finds it in no table',
  method: 'HTTP method',
  route: 'which route, never the path',
  status: 'HTTP status',
  outcome: 'how it ended',
  code: 'why',
  tool: 'name of the tool',
  provider: 'mail provider',
  permission: 'what the grant may do',
  era: 'revision of MCP',
  durationMs: 'milliseconds',
  count: 'how many',
  bytes: 'how much',
  port: 'port of the local runner',
  bug: 'kind of the error',
  at: 'file, line and column in a bundle; `pnpm where` finds it in the sources',
}

export function toLogDocument(): string {
  const row = (...cells: string[]) => `| ${cells.join(' | ')} |`
  const names = Object.keys(fields) as (keyof typeof fields)[]
  return `# The log

Printed by \`pnpm write-log\` from packages/server/src/log.ts; do not edit. A line is JSON: \`time\`, \`event\`, and some of the
fields below. A value that does not fit is dropped, and \`dropped\` says how many were.

## Events

| Event | Means |
| --- | --- |
${Object.entries(events)
  .map(([event, meaning]) => row(`\`${event}\``, meaning))
  .join('\n')}

## Fields

| Field | Means | Values |
| --- | --- | --- |
${names.map((name) => row(`\`${name}\``, fields[name], logFields[name] ?? 'any')).join('\n')}
`
}
