/**
 * A real Dovecot and a submission server, each behind a proxy that puts a distance between it and the client. The two
 * proxies of a distance share one clock: what is counted is the longest chain of one client that talks to both.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type CausalClock,
  type DelayProxy,
  type Dovecot,
  startDelayProxy,
  startDovecot,
  startSubmission,
} from '@email-connector/testing'
import { ImapFlow } from 'imapflow'
import { buildLargeLetter, buildLetter } from './letters.ts'
import { bulkUnread, largeSubject } from './scenarios.ts'

/** One way. */
export const nearMs = 25
/**
 * For what talks to two servers at once. smtp-server holds its greeting back for 100 ms; unless a crossing takes longer,
 * what the other server says meanwhile counts as something the client had waited for. Nor may it take less than what a
 * busy machine needs for a piece of a large email.
 */
export const farMs = 300
/** With INBOX and the five special ones: 37 mailboxes. */
const furtherMailboxes = 31

export interface Distance {
  readonly oneWayMs: number
  readonly imap: DelayProxy
  readonly smtp: DelayProxy
}

export interface MailServers {
  readonly dovecot: Dovecot
  readonly near: Distance
  readonly far: Distance
  /** UIDs in INBOX, ascending. */
  readonly seen: readonly number[]
  readonly unseen: readonly number[]
  readonly uidValidity: string
  stop(): Promise<void>
}

/** `messages`: a multiple of 500; beyond that, copies of the first 500. */
export async function startMailServers(messages = 500): Promise<MailServers> {
  const special = ['Drafts', 'Sent', 'Trash', 'Junk', 'Archive'].map((name) => ({
    name,
    specialUse: `\\${name}`,
  }))
  const further = Array.from({ length: furtherMailboxes }, (_, index) => ({ name: `Project ${index + 1}` }))
  const introspection = await startIntrospection()
  const dovecot = await startDovecot({
    folders: [...special, ...further],
    format: 'mdbox',
    introspectionUrl: introspection.url,
  })
  const submission = await startSubmission({ mailServer: dovecot, accessTokens: [accessToken] })
  const filled = await fill(dovecot, messages)
  const atDistance = async (oneWayMs: number): Promise<Distance> => {
    const clock: CausalClock = { depth: 0 }
    const toPort = (port: number) => startDelayProxy({ target: { port }, oneWayMs, clock })
    return { oneWayMs, imap: await toPort(dovecot.imapsPort), smtp: await toPort(submission.smtpsPort) }
  }
  const [near, far] = [await atDistance(nearMs), await atDistance(farMs)]
  return {
    dovecot,
    near,
    far,
    ...filled,
    async stop() {
      await Promise.all([near, far].flatMap(({ imap, smtp }) => [imap.stop(), smtp.stop()]))
      await submission.stop()
      await dovecot.stop()
      introspection.stop()
    },
  }
}

/** Of the only user with a mailbox here. */
export const accessToken = 'an-access-token'

/** Whom Dovecot asks about a token (RFC 7662). */
async function startIntrospection() {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const active = new URLSearchParams(body).get('token') === accessToken
    response.end(JSON.stringify({ active, ...(active && { username: 'alice@test.example' }) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A copy inside an mdbox is an index entry: a million of them take a minute and little space. */
async function fill(dovecot: Dovecot, messages: number) {
  const { host, imapsPort, ca, alice } = dovecot
  const client = new ImapFlow({
    host,
    port: imapsPort,
    secure: true,
    auth: { user: alice.login, pass: alice.password },
    tls: { ca },
    logger: false,
    disableAutoIdle: true,
    socketTimeout: 1_800_000,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    const first = 500
    for (let number = 1; number <= Math.min(first, messages); number += 1) {
      const { raw, flags } = buildLetter(number)
      await client.append('INBOX', raw, [...flags])
    }
    const { uidValidity } = await client.mailboxOpen('INBOX')
    // Copies of whole sets of 500, so that the newest messages are the same at every size.
    for (let present = first; present < messages; ) {
      const more = Math.min(present, messages - present)
      await client.messageCopy(`1:${more}`, 'INBOX')
      present += more
      await client.noop()
    }
    // For clean-ups, out of the way of searches: every other one is unread, so that no two are neighbours.
    const bulk = 2 * bulkUnread
    for (let present = 0; present < bulk; present += first) await client.messageCopy(`1:${first}`, 'Junk')
    await client.mailboxOpen('Junk')
    await client.messageFlagsAdd('1:*', ['\\Seen'], { silent: true })
    const every = Array.from({ length: bulkUnread }, (_, at) => 2 * at + 1)
    await client.messageFlagsRemove(every.join(','), ['\\Seen'], { silent: true })
    await client.append('Archive', buildLargeLetter(largeSubject), ['\\Seen'])
    await client.mailboxOpen('INBOX')
    // Who has a large mailbox has read most of it.
    if (messages > first) await client.messageFlagsAdd(`1:${messages - first}`, ['\\Seen'], { silent: true })
    const newest = `${Math.max(1, messages - first + 1)}:*`
    const find = async (seen: boolean) => (await client.search({ uid: newest, seen }, { uid: true })) || []
    return { seen: await find(true), unseen: await find(false), uidValidity: String(uidValidity) }
  } finally {
    client.close()
  }
}
