/** Clients nobody here wrote, each from the bare URL to a call: no step by hand but the form. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { completeSignIn, createTempFolder, findNode24, freePort } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { connectClient, eras } from '../clients.ts'
import { type Running, signInFields } from '../product.ts'

const expectedTools = [
  'draft_email',
  'get_email',
  'get_recent_emails',
  'list_accounts',
  'list_mailboxes',
  'list_providers',
  'mark_as_read',
  'move_email',
  'search_emails',
  'send_email',
]

const inspector = fileURLToPath(
  new URL(
    '../../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
    import.meta.url,
  ),
)
const node = findNode24()

export function describeClients(name: string, running: () => Running) {
  describe(`${name}: third-party clients`, () => {
    test.each(eras)('%s: discovery, registration, sign-in, token, tools/list and a call', async (era) => {
      const { product, mail, canaries } = running()
      const { alice } = mail.imap
      const client = await connectClient(signInFields(product, alice), { url: product.url, era, canaries })
      expect((await client.listTools()).sort()).toEqual(expect.arrayContaining(expectedTools))
      const { structured } = await client.call('list_accounts')
      expect(structured.accounts).toEqual([
        expect.objectContaining({ address: alice.address, provider: 'generic', permission: 'send' }),
      ])
      await client.close()
    })

    test.skipIf(node === undefined || !existsSync(inspector)).each(['modern', 'legacy'])(
      'the Inspector (%s): signs in by itself, lists the tools without a complaint under --strict, calls one',
      async (era) => {
        const { product, mail } = running()
        const home = createTempFolder('inspector')
        const fields = signInFields(product, mail.imap.alice)
        const inspect = (...args: string[]) =>
          runInspector(
            ['--server-url', `${product.url}/mcp`, '--protocol-era', era, ...args],
            home.path,
            fields,
          )

        const listed = await inspect('--method', 'tools/list', '--strict')
        expect(listed.code, listed.output).toBe(0)
        for (const tool of expectedTools) expect(listed.output).toContain(`"name": "${tool}"`)
        expect(listed.output).not.toMatch(/\bwarning\b/i)

        const called = await inspect('--method', 'tools/call', '--tool-name', 'list_mailboxes')
        expect(called.code, called.output).toBe(0)
        expect(called.output).toContain('INBOX')
        await home.remove()
      },
    )
  })
}

/** It prints the URL of the sign-in and waits for the browser, which is us; its usual port 6276 may be another test's. */
async function runInspector(
  args: string[],
  home: string,
  fields: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`
  const always = ['--cli', '--transport', 'http', '--callback-url', callback]
  const child = spawn(node ?? '', [inspector, ...always, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without a terminal it signs in only when it may try to open a browser; with this PATH there is none.
    env: { HOME: home, PATH: home, MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' },
    timeout: 25_000,
  })
  let output = ''
  let signIn: Promise<void> | undefined
  const keep = (chunk: Buffer) => {
    output += chunk.toString()
    const [, authorizeUrl] = /Please navigate to: (\S+)\n/.exec(output) ?? []
    if (authorizeUrl !== undefined) signIn ??= browse(authorizeUrl, fields)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  await signIn
  return { code, output }
}

async function browse(authorizeUrl: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const outcome = await completeSignIn({ authorizeUrl, fields })
  if (!outcome.redirected) throw new Error(`The sign-in page answered ${outcome.status}`)
  await fetch(outcome.url)
}
