/**
 * mcporter itself, a process of its own as people start it, against the local runner. It listens on another port at
 * every start and then registers again, with the refresh token of the time before in hand.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { completeSignIn, createTempFolder, findNode24, startTiedProcess } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoAddress } from '../../src/local/demo/raw-message.ts'
import { type LocalRunner, startLocalRunner } from '../e2e/local-runner.ts'
import { attachmentId, drafts, picture } from './material.ts'

const program = join(import.meta.dirname, '..', '..', 'node_modules', 'mcporter', 'dist', 'cli.js')
/** It needs a newer Node than this project. */
const node = findNode24()

describe.skipIf(node === undefined)('mcporter 0.12', () => {
  let runner: LocalRunner
  /** It forgets its own at the next start, when its port is another one. */
  let clientId = ''
  const folder = createTempFolder('mcporter')

  beforeAll(async () => {
    runner = await startLocalRunner()
    const mcpServers = { mail: { baseUrl: `${runner.url}/mcp`, auth: 'oauth' } }
    await writeFile(join(folder.path, 'mcporter.json'), JSON.stringify({ mcpServers }))
  })
  afterAll(async () => {
    await runner.remove()
    await folder.remove()
  })

  /** Ends when it does, or when it has printed an address that `onSignIn` could not deal with. */
  async function run(args: readonly string[], onSignIn?: (url: string) => Promise<void>) {
    const child = startTiedProcess(
      node ?? '',
      [program, '--config', join(folder.path, 'mcporter.json'), ...args],
      // No program is found that could open a browser.
      { cwd: folder.path, env: { PATH: '/usr/bin:/bin', HOME: folder.path, MCPORTER_OAUTH_NO_BROWSER: '1' } },
    )
    const waiting = setInterval(() => {}, 1_000)
    try {
      return await Promise.race([
        child.ended.then((code) => ({ code, output: child.output() })),
        printedAddress(child.output).then(async (url) => {
          if (onSignIn === undefined) throw new Error('It asks its user to sign in again')
          await onSignIn(url)
          return { code: await child.ended, output: child.output() }
        }),
      ])
    } finally {
      clearInterval(waiting)
      await child.stop()
    }
  }

  test('R05: registers, signs in, lists the tools', async () => {
    const signedIn = await run(['auth', 'mail'], async (url) => {
      clientId = new URL(url).searchParams.get('client_id') ?? ''
      await signIn(url)
    })
    expect(signedIn.code, signedIn.output).toBe(0)
    const listed = await run(['list', 'mail'])
    expect(listed.code, listed.output).toBe(0)
    expect(listed.output).toContain('get_recent_emails')
  }, 60_000)

  test('prints the sentence of an error, and saves a picture', async () => {
    const failed = await run(['call', 'mail.list_mailboxes', 'account=nobody@example.com'])
    expect(failed.code).toBe(1)
    expect(failed.output).toContain(`Connected: ${demoAddress}`)

    const drafted = await run([
      'call',
      'mail.draft_email',
      '--args',
      JSON.stringify(drafts.picture),
      '--output',
      'json',
    ])
    expect(drafted.code, drafted.output).toBe(0)
    const [, id = ''] = /"id": "([^"]+)"/.exec(drafted.output) ?? []
    const pictures = join(folder.path, 'pictures')
    const given = [`id=${id}`, `attachment_id=${attachmentId}`, '--raw-strings', '--save-images', pictures]
    const shown = await run(['call', 'mail.get_attachment', ...given])
    expect(shown.code, shown.output).toBe(0)
    const [name = ''] = readdirSync(pictures)
    expect(readFileSync(join(pictures, name)).toString('base64')).toBe(picture)
  }, 60_000)

  test('R14: goes on from another port, with a token that has ended, and its user is not asked', async () => {
    const first = rememberedToken()
    const revoked = await fetch(`${runner.url}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, token: first }),
    })
    expect(revoked.status).toBe(200)
    const called = await run(['call', 'mail.get_recent_emails', 'limit=3', '--output', 'json'])
    expect(called.code, called.output).toBe(0)
    expect(called.output).toContain('"subject"')
    expect(rememberedToken()).not.toBe(first)
  }, 60_000)

  function rememberedToken(): string {
    const file = readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).find((one) =>
      one.endsWith('credentials.json'),
    )
    const [, token = ''] =
      /"access_token": "([^"]+)"/.exec(readFileSync(join(folder.path, file ?? ''), 'utf8')) ?? []
    return token
  }
})

async function printedAddress(output: () => string): Promise<string> {
  for (;;) {
    const [url] = /http:\S+\/oauth\/authorize\?\S+(?=\s)/.exec(output()) ?? []
    if (url !== undefined) return url
    await new Promise((resolve) => setTimeout(resolve, 20).unref())
  }
}

/** What the browser would do: the form, then the redirect to mcporter's own port. */
async function signIn(authorizeUrl: string): Promise<void> {
  const outcome = await completeSignIn({
    authorizeUrl,
    fields: { provider: 'demo', address: demoAddress, password: 'look-around', permission: 'write' },
  })
  if (!outcome.redirected) throw new Error(`The form came again: ${outcome.status}`)
  expect((await fetch(outcome.url)).status).toBe(200)
}
