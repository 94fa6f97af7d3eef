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
    // First in its PATH, so that it opens no browser here.
    for (const opener of ['xdg-open', 'open'])
      await writeFile(join(folder.path, opener), '#!/bin/sh\n', { mode: 0o755 })
  })
  afterAll(async () => {
    await runner.remove()
    await folder.remove()
  })

  async function run(args: readonly string[], onSignIn?: (url: string) => Promise<void>) {
    const child = startTiedProcess(
      node ?? '',
      [program, '--config', join(folder.path, 'mcporter.json'), ...args],
      {
        cwd: folder.path,
        env: { PATH: `${folder.path}:/usr/bin:/bin`, HOME: folder.path, MCPORTER_OAUTH_NO_BROWSER: '1' },
      },
    )
    let code: number | null | undefined
    void child.ended.then((ended) => {
      code = ended
    })
    let asked = false
    try {
      while (code === undefined) {
        const [url] = /http:\S+\/oauth\/authorize\?\S+(?=\s)/.exec(child.output()) ?? []
        if (url !== undefined && !asked) {
          asked = true
          if (onSignIn === undefined) throw new Error('It asks its user to sign in again')
          await onSignIn(url)
        }
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return { code, output: child.output() }
    } finally {
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
  })

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
  })

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
  })

  function rememberedToken(): string {
    const file = readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).find((one) =>
      one.endsWith('credentials.json'),
    )
    const [, token = ''] =
      /"access_token": "([^"]+)"/.exec(readFileSync(join(folder.path, file ?? ''), 'utf8')) ?? []
    return token
  }
})

/** What the browser would do: the form, then the redirect to mcporter's own port. */
async function signIn(authorizeUrl: string): Promise<void> {
  const outcome = await completeSignIn({
    authorizeUrl,
    fields: { provider: 'demo', address: demoAddress, password: 'look-around', permission: 'write' },
  })
  if (!outcome.redirected) throw new Error(`The form came again: ${outcome.status}`)
  expect((await fetch(outcome.url)).status).toBe(200)
}
