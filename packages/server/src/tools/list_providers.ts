/** The providers a mailbox can be connected from. Constant: no account is opened. */
import { providers } from '@email-connector/mail'
import * as z from 'zod'
import { defineTool } from '../tool-call/tool.ts'

export const listProviders = defineTool({
  name: 'list_providers',
  title: 'List email providers',
  description: 'Providers that can be connected: how to sign in, app password page, servers.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({}),
  output: z.object({
    providers: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        sign_in: z.string(),
        app_password_url: z.string().optional(),
        note: z.string(),
        imap: z.string().optional().describe('host:port'),
        smtp: z.string().optional(),
      }),
    ),
  }),
  async handle(_input, call) {
    const signIns = await call.signIns()
    const offered = providers
      .filter((provider) => call.providersOffered.includes(provider.id))
      .map((provider) => {
        const signIn = signIns.find(({ id }) => id === provider.id)
        if (signIn === undefined) return provider
        const note = `"Sign in with ${signIn.name}" on the sign-in page; no password is given to this server.`
        // Where app passwords work, they go on working beside the button.
        return provider.signIn === 'oauth'
          ? { ...provider, note }
          : { ...provider, note: `${note} Or: ${provider.note}` }
      })
    const structured = {
      providers: offered.map(({ id, name, signIn, appPasswordUrl, note, imap, smtp }) => ({
        id,
        name,
        sign_in: signIn,
        ...(appPasswordUrl === undefined ? {} : { app_password_url: appPasswordUrl }),
        note,
        ...(imap === undefined ? {} : { imap: `${imap.host}:${imap.port}` }),
        ...(smtp === undefined ? {} : { smtp: `${smtp.host}:${smtp.port}` }),
      })),
    }
    const lines = structured.providers.map((provider) => {
      const servers = provider.imap === undefined ? 'own servers' : `${provider.imap}, ${provider.smtp ?? ''}`
      const link = provider.app_password_url === undefined ? '' : ` ${provider.app_password_url}`
      return `${provider.id}: ${provider.name}; sign in: ${provider.sign_in}; ${servers}. ${provider.note}${link}`
    })
    return { structured, text: lines.join('\n') }
  },
})
