/** What others share: looked into where the owner subscribed to it or names it, and never taken for the owner's own. */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { listMailboxes, withImapSession } from '../../src/index.ts'
import { createListing } from '../../src/mailboxes/listing.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const plain = 'IMAP4rev1 LITERAL+ UIDPLUS MOVE NAMESPACE'

describe.skipIf(!findDovecot()).each([
  ['in its LIST', {}],
  ['by LSUB', { capabilities: plain }],
])('a server that tells subscriptions %s', (_, profile) => {
  test('R88: of what is shared a search of everything looks into the subscribed, and Sent is the own one', async () => {
    const folders = ['Drafts', 'Sent'].map((name) => ({ name }))
    const dovecot = await startDovecot({ ...profile, sharedPrefix: 'Team/', folders })
    try {
      const reader = dovecot.reader(dovecot.alice)
      for (const name of ['Team/Sent', 'Team/Archive', 'Team/Plans']) {
        await reader.createMailbox(name)
        await reader.append(name, [`Subject: shared in ${name}\n\nx\n`])
      }
      await reader.append('INBOX', ['Subject: shared by nobody\n\nx\n'])
      const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
      await withImapSession(account, depsFor(dovecot.ca), async (session) => {
        const subscribe = (verb: string, path: string) => session.run(verb, [session.path(path)])
        for (const path of ['Team/Sent', 'Team/Archive']) await subscribe('UNSUBSCRIBE', path)
        await subscribe('SUBSCRIBE', 'Team/Plans')
        const mailboxes = await listMailboxes(session, { includeCounts: false })
        const aside = mailboxes.filter(({ isAside }) => isAside).map(({ path }) => path)
        expect(aside.sort()).toEqual(['Team/Archive', 'Team/Sent'])
        const uses = mailboxes.filter(({ specialUse }) => specialUse).map(({ path }) => path)
        expect(uses.sort()).toEqual(['Drafts', 'INBOX', 'Sent'])
        const find = async (mailbox: string) =>
          (await searchFor(session, { mailbox, limit: 10, query: 'subject:shared' })).items
            .map(({ subject }) => subject)
            .sort()
        expect(await find('all')).toEqual(['shared by nobody', 'shared in Team/Plans'])
        expect(await find('Team/Archive')).toEqual(['shared in Team/Archive'])
        expect(await find('anywhere')).toHaveLength(4)
      })
    } finally {
      await dovecot.stop()
    }
  })
})

test.each([
  // Cyrus: what has no prefix is shared.
  ['(("INBOX." ".")) (("user." ".")) (("" "."))', ['INBOX', 'INBOX.Work'], ['user.bob', 'announcements']],
  [
    '(("" "/")("#mh/" "/" "X-PARAM" ("FLAG1"))) (("~" "/")) (("#shared/" "/"))',
    ['Work', '#mh/x'],
    ['~bob', '#shared/x'],
  ],
  ['NIL NIL NIL', ['Work', 'user.bob'], []],
])('NAMESPACE %s', async (line, own, others) => {
  const { parser } = await import('imapflow/lib/handler/imap-handler.js')
  const session = {
    has: () => true,
    decodePath: (path: string) => path,
    specialUseOf: () => ({ source: 'none' }),
    sendAhead: (_command: string, _attributes: unknown, handlers: { NAMESPACE(one: unknown): void }) =>
      handlers.NAMESPACE(response),
  }
  const response = await parser(`* NAMESPACE ${line}`)
  const listing = createListing(session as never, { includeCounts: false })
  listing.sendAhead()
  for (const path of [...own, ...others]) listing.keep(await parser(`* LIST () "." "${path}"`))
  const aside = listing.mailboxes().filter(({ isAside }) => isAside)
  expect(aside.map(({ path }) => path)).toEqual(others)
})
