/**
 * The connected mailboxes. Read from the sealed hint: neither key service nor mail server is asked. The link for the
 * owner costs two writes.
 */
import * as z from 'zod'
import { defineTool } from '../tool-call/tool.ts'

/** Long enough for the owner to notice, short enough not to nag. */
const warnSeconds = 7 * 24 * 3600

export const listAccounts = defineTool({
  name: 'list_accounts',
  title: 'List connected accounts',
  description:
    'Connected mailboxes, which is the default, what each may do, and where the owner can add or remove one.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({}),
  output: z.object({
    accounts: z.array(
      z.object({
        id: z.string(),
        address: z.string(),
        provider: z.string(),
        default: z.boolean(),
        permission: z.enum(['read', 'write', 'send']),
      }),
    ),
    connections_url: z.string().describe('Where the owner sees and revokes connections'),
    link: z
      .string()
      .optional()
      .describe(
        'For the owner: adds a mailbox or renews a password. Works once, for 15 minutes; replaces earlier ones',
      ),
    ends_on: z.string().optional().describe('Set in the last week'),
  }),
  async handle(_input, call) {
    const accounts = (await call.accounts.list()).map((account) => ({
      id: account.accountId,
      address: account.address,
      provider: account.provider,
      default: account.isDefault,
      permission: account.permission,
    }))
    const connections_url = `${call.publicUrl}/oauth/connections`
    const endsAt = await call.accounts.endsAt()
    const ends = endsAt - call.now() > warnSeconds ? {} : { ends_on: toDay(endsAt) }
    const link = await call.createLink()
    const structured = { accounts, connections_url, ...(link === undefined ? {} : { link }), ...ends }
    const lines = [
      ...accounts.map(
        ({ id, address, provider, permission, ...account }) =>
          `${address} (id ${id}, ${provider}, ${permissionText[permission]}${account.default ? ', default' : ''})`,
      ),
      link === undefined
        ? []
        : `For the owner, to add a mailbox or renew a password (once, within 15 minutes): ${link}`,
      `To see or revoke connections: ${connections_url}`,
      ends.ends_on === undefined
        ? []
        : `This connection ends on ${ends.ends_on}: the owner can connect again.`,
    ]
    return { structured, text: lines.flat().join('\n') }
  },
})

const permissionText = {
  read: 'may read',
  write: 'may read, organise and draft',
  send: 'may read, organise, draft and send',
}

function toDay(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().slice(0, 10)
}
