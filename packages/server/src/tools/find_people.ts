/** Who was written to and heard from, from the headers of the newest mail. */
import { findPeople as readPeople } from '@email-connector/mail'
import * as z from 'zod'
import { askAccounts, isAll } from '../tool-call/all-accounts.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { failedAccounts, toFailed, toFailureWarnings, toNotes } from '../wire/failed-accounts.ts'
import { toLine } from '../wire/fit.ts'
import { mergePeople } from '../wire/people.ts'
import { quoteUntrusted, untrustedNotice } from '../wire/untrusted.ts'

export const findPeople = defineTool({
  name: 'find_people',
  title: 'Find people',
  description:
    'People written to and heard from in the newest 500 sent and received emails, most frequent and recent first.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    account: parameters.accountOrAll,
    query: parameters.line.describe('Parts of a name or address').optional(),
    limit: parameters.limit(50, 10),
  }),
  output: z.object({
    account: z.string(),
    people: z.array(
      z.object({
        name: z.string().optional(),
        address: z.string(),
        sent: z.int(),
        received: z.int(),
        last: z.string(),
      }),
    ),
    notice: z.string(),
    ...failedAccounts,
  }),
  async handle({ account, query, limit }, call) {
    const connected = await call.accounts.list()
    const opened = isAll(account) ? undefined : await call.accounts.open(account)
    const asked = opened === undefined ? connected : [opened]
    // Every mailbox of the owner is the owner.
    const addresses = connected.map((one) => one.address)
    const { answers, failures } = await askAccounts(
      call,
      asked,
      (session, { account: { address, aliases } }) =>
        readPeople(session, {
          own: [...addresses, address, ...aliases],
          ...(query === undefined ? {} : { query }),
        }),
    )
    const people = mergePeople(answers.map(({ value }) => value))
      .slice(0, limit)
      .map(({ name, address, sent, received, last }) => ({
        ...(name === undefined ? {} : { name: toLine(name, 200) }),
        address: toLine(address, 320),
        sent,
        received,
        last: new Date(last * 1000).toISOString().replace('.000Z', 'Z'),
      }))
    const lines = people.map(
      ({ name, address, sent, received, last }) =>
        `${name === undefined ? address : `${name} <${address}>`}: written to ${sent}, heard from ${received}, last ${last}`,
    )
    const warnings = toFailureWarnings(failures)
    const whose = opened?.address ?? 'all accounts'
    const count = `${people.length} ${people.length === 1 ? 'person' : 'people'}`
    const quoted = lines.length === 0 ? [] : [quoteUntrusted(lines.join('\n'), call.makeMark)]
    return {
      structured: {
        account: opened?.address ?? 'all',
        ...toFailed(failures),
        ...(warnings.length === 0 ? {} : { warnings }),
        people,
        notice: untrustedNotice,
      },
      text: [`${count} in the newest mail of ${whose}, the best first.${toNotes(warnings)}`, ...quoted].join(
        '\n',
      ),
    }
  },
})
