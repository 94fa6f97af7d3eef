/**
 * The same calls by others, through the same proxy to the same mailbox: `@codefuturist/email-mcp`, which keeps its
 * connection (cold: its first call; warm: its second), and a script as one writes it with imapflow's own methods.
 */
import { type Dovecot, findNode24 } from '@email-connector/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ImapFlow } from 'imapflow'
import { type MailServers, startMailServers } from './mail-servers.ts'
import { scenarios } from './scenarios.ts'
import { measureTools, untilClosed } from './tool-calls.ts'

export interface RivalRow {
  readonly call: string
  readonly client: string
  readonly roundTrips: number
  readonly bytesDown: number
  readonly ms: number
}

interface RivalCall {
  /** As the scenario is called. */
  readonly name: string
  readonly mcp: (uid: string) => { name: string; arguments: Record<string, unknown> }
  readonly script: (client: ImapFlow, uid: string) => Promise<unknown>
}

const account = 'default'
const listed = (filter: Record<string, unknown>) => () => ({
  name: 'list_emails',
  arguments: { account, pageSize: 10, ...filter },
})
const rows = { uid: true, envelope: true, flags: true, bodyStructure: true } as const

const calls: readonly RivalCall[] = [
  {
    name: 'list_mailboxes, 37 with counts',
    mcp: () => ({ name: 'list_mailboxes', arguments: { account } }),
    script: (client) => client.list({ statusQuery: { messages: true, unseen: true } }),
  },
  {
    name: 'get_recent_emails',
    mcp: listed({}),
    async script(client) {
      const { exists } = await client.mailboxOpen('INBOX')
      await client.fetchAll(`${Math.max(1, exists - 9)}:*`, rows)
    },
  },
  {
    name: 'get_recent_emails, unread',
    mcp: listed({ seen: false }),
    script: (client) => searchAndFetch(client, { seen: false }),
  },
  {
    name: 'search_emails, subject',
    mcp: listed({ subject: 'Invoice' }),
    script: (client) => searchAndFetch(client, { subject: 'Invoice' }),
  },
  {
    name: 'get_email',
    mcp: (uid) => ({ name: 'get_email', arguments: { account, emailId: uid } }),
    async script(client, uid) {
      await client.mailboxOpen('INBOX')
      await client.fetchOne(uid, { source: true }, { uid: true })
    },
  },
  {
    name: 'mark_as_read',
    mcp: (uid) => ({ name: 'mark_email', arguments: { account, id: uid, action: 'read' } }),
    async script(client, uid) {
      await client.mailboxOpen('INBOX')
      await client.messageFlagsAdd(uid, ['\\Seen'], { uid: true })
    },
  },
  {
    name: 'move_email',
    mcp: (uid) => ({
      name: 'move_email',
      arguments: { account, emailId: uid, sourceMailbox: 'INBOX', destinationMailbox: 'Archive' },
    }),
    async script(client, uid) {
      await client.mailboxOpen('INBOX')
      await client.messageMove(uid, 'Archive', { uid: true })
    },
  },
]

async function searchAndFetch(client: ImapFlow, question: Parameters<ImapFlow['search']>[0]) {
  await client.mailboxOpen('INBOX')
  const uids = (await client.search(question, { uid: true })) || []
  await client.fetchAll(uids.slice(-10), rows, { uid: true })
}

export async function measureSideBySide(report: (line: string) => void): Promise<RivalRow[]> {
  const servers = await startMailServers()
  try {
    const ours = await measureTools(
      servers,
      scenarios.filter(({ name }) => calls.some((one) => one.name === name)),
    )
    const node = findNode24()
    if (node === undefined) report('not run: email-mcp needs Node 22 or newer')
    // From the old end: ours takes from the new one.
    const uids = servers.unseen.slice(0, 40).values()
    const takeUid = () => String(uids.next().value)
    const found: RivalRow[] = []
    for (const call of calls) {
      report(call.name)
      for (const [memory, cost] of Object.entries(ours[call.name] ?? {})) {
        const { roundTrips, bytesDown, ms } = cost
        found.push({ call: call.name, client: `ours, ${memory}`, roundTrips, bytesDown, ms })
      }
      if (node !== undefined) found.push(...(await measureEmailMcp(node, servers, call, takeUid)))
      found.push(await measureScript(servers, call, takeUid))
    }
    return found
  } finally {
    await servers.stop()
  }
}

/** Its connection stays open, so what the second call costs is the difference. */
async function measureEmailMcp(
  node: string,
  servers: MailServers,
  call: RivalCall,
  takeUid: () => string,
): Promise<RivalRow[]> {
  const { dovecot, near, far } = servers
  const client = new Client({ name: 'bench', version: '1' })
  const transport = new StdioClientTransport({
    command: node,
    args: [new URL(import.meta.resolve('@codefuturist/email-mcp')).pathname, 'stdio'],
    env: {
      HOME: '/nonexistent',
      NODE_EXTRA_CA_CERTS: dovecot.caPath,
      MCP_EMAIL_ADDRESS: dovecot.alice.address,
      MCP_EMAIL_PASSWORD: dovecot.alice.password,
      MCP_EMAIL_IMAP_HOST: near.imap.host,
      MCP_EMAIL_IMAP_PORT: String(near.imap.port),
      MCP_EMAIL_SMTP_HOST: far.smtp.host,
      MCP_EMAIL_SMTP_PORT: String(far.smtp.port),
      MCP_EMAIL_WATCHER_ENABLED: 'false',
    },
    stderr: 'ignore',
  })
  await untilClosed([near.imap])
  near.imap.restart()
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as Transport)
  const measured: RivalRow[] = []
  try {
    for (const state of ['cold', 'warm']) {
      const before = { trips: near.imap.roundTrips(), bytes: near.imap.bytesDown() }
      const startedAt = performance.now()
      const answer = await client.callTool(call.mcp(takeUid()))
      if (answer.isError === true) throw new Error(`${call.name}: ${JSON.stringify(answer.content)}`)
      measured.push({
        call: call.name,
        client: `email-mcp, ${state}`,
        roundTrips: near.imap.roundTrips() - before.trips,
        bytesDown: near.imap.bytesDown() - before.bytes,
        ms: Math.round(performance.now() - startedAt),
      })
    }
  } finally {
    await client.close()
  }
  return measured
}

async function measureScript(
  servers: MailServers,
  call: RivalCall,
  takeUid: () => string,
): Promise<RivalRow> {
  const { imap } = servers.near
  await untilClosed([imap])
  imap.restart()
  const startedAt = performance.now()
  const client = openScript(servers.dovecot, imap.port)
  await client.connect()
  await call.script(client, takeUid())
  await client.logout()
  const ms = Math.round(performance.now() - startedAt)
  return {
    call: call.name,
    client: 'imapflow script',
    roundTrips: imap.roundTrips(),
    bytesDown: imap.bytesDown(),
    ms,
  }
}

function openScript({ ca, alice }: Dovecot, port: number): ImapFlow {
  const client = new ImapFlow({
    host: 'localhost',
    port,
    secure: true,
    auth: { user: alice.login, pass: alice.password },
    tls: { ca },
    logger: false,
  })
  client.on('error', () => {})
  return client
}
