/** A program of its own, so that its memory is its own: does one thing to a mailbox and prints how it ended and the most it held. */
import { peakBytes } from '@email-connector/testing/peak-memory'
import {
  fetchAttachment,
  getMessage,
  getMessages,
  type ImapSession,
  listMailboxes,
  listRecent,
  MailError,
  moveMessages,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from './imap-account.ts'
import { searchFor } from './search-for.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const inbox = { mailbox: 'INBOX', limit: 50 }

/** UIDs of the made-up mailbox are twice the sequence number. */
async function newest(session: ImapSession) {
  const page = await listRecent(session, { ...inbox, unreadOnly: false })
  return page.items[0]?.ref ?? { mailbox: 'INBOX', uidValidity: '1', uid: 0 }
}

const works: Record<string, (session: ImapSession) => Promise<number>> = {
  nothing: async () => 0,
  recent: async (session) => (await listRecent(session, { ...inbox, unreadOnly: false })).items.length,
  unread: async (session) => (await listRecent(session, { ...inbox, unreadOnly: true })).items.length,
  searchAll: async (session) => (await searchFor(session, { ...inbox, from: 'sender' })).items.length,
  get: async (session) => {
    const options = { format: 'text', offset: 0, maxChars: 20_000 } as const
    return (await getMessage(session, await newest(session), options)).body.totalChars
  },
  attachment: async (session) => {
    const options = { maxBytes: 30_000_000 }
    return (await fetchAttachment(session, await newest(session), '2', options)).content.length
  },
  bodies: async (session) => {
    const refs = Array.from({ length: 20 }, (_, at) => ({ mailbox: 'INBOX', uidValidity: '1', uid: at + 1 }))
    return (await getMessages(session, refs, { format: 'text', offset: 0, maxChars: 1_000 })).length
  },
  mailboxes: async (session) => (await listMailboxes(session, { includeCounts: true })).length,
  move: async (session) =>
    (await moveMessages(session, [{ mailbox: 'INBOX', uidValidity: '1', uid: 7 }], 'Trash')).length,
}

const [work = '', port = '', ca = ''] = process.argv.slice(2)
const account = accountOn({ host: 'localhost', port: Number(port) }, alice)
const outcome = await withImapSession(account, depsFor(ca), works[work] ?? (async () => -1)).then(
  (result) => ({ result }),
  (error: unknown) => ({ failed: error instanceof MailError ? error.code : String(error) }),
)
process.stdout.write(JSON.stringify({ ...outcome, peakBytes: peakBytes('self') }))
