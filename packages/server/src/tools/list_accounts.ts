/** The connected mailboxes. Read from the sealed hint: neither key service nor mail server is asked. */
import * as z from 'zod'
import { defineTool } from './tool.ts'

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
    connections_url: z.string(),
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
    const structured = { accounts, connections_url }
    const lines = accounts.map(
      ({ id, address, provider, permission, ...account }) =>
        `${address} (id ${id}, ${provider}, ${permissionText[permission]}${account.default ? ', default' : ''})`,
    )
    const text = [...lines, `Add or remove: ${connections_url}`].join('\n')
    return { structured, text }
  },
})

const permissionText = {
  read: 'may read',
  write: 'may read, organise and draft',
  send: 'may read, organise, draft and send',
}
