/** `npm run try`, as a newcomer runs it: signs in once, remembers it for its owner only, prints what a model would read. */
import { spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { completeSignIn, freePort } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalRunner, startLocalRunner } from '../e2e/local-runner.ts'
import { demoFields } from './demo-fields.ts'

const program = join(import.meta.dirname, '../../src/try/main.ts')

describe('npm run try', () => {
  let runner: LocalRunner
  beforeAll(async () => {
    runner = await startLocalRunner()
  })
  afterAll(() => runner.remove())

  test('without a server it says how to start one', async () => {
    const answer = await run(['list_accounts'], { PUBLIC_URL: `http://localhost:${await freePort()}` })
    expect(answer.code).toBe(1)
    expect(answer.stderr).toContain('Start the server with: npm start')
  })

  test('signs in through the URL it prints, once; the tokens lie in a file of mode 0600', async () => {
    const first = await run(['--no-browser', 'get_recent_emails', '{"limit": 2}'])
    expect(first.code, first.stderr).toBe(0)
    expect(first.signIns).toBe(1)
    expect(first.stdout).toContain('Order 88120')

    const file = join(runner.dataDir, 'try.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(file, 'utf8')).tokens.access_token).toMatch(/^[0-9a-f]{64}$/)

    const second = await run(['--json', 'list_accounts'])
    expect(second.code, second.stderr).toBe(0)
    expect(second.signIns).toBe(0)
    expect(JSON.parse(second.stdout).accounts).toMatchObject([{ address: demoFields.address }])
  })

  test('lists the tools, and ends with 1 and a sentence when a call fails', async () => {
    const listed = await run([])
    expect(listed.code, listed.stderr).toBe(0)
    expect(listed.stdout).toMatch(/^get_recent_emails {2,}\S/m)
    const failed = await run(['get_email', '{"id": "nonsense"}'])
    expect(failed.code).toBe(1)
    expect(failed.stdout).toContain('id')
    const unquoted = await run(['get_email', '{id:1}'])
    expect(unquoted.code).toBe(1)
    expect(unquoted.stderr).toContain('not JSON')
  })

  test('is called as the README says, from the folder of the repository', async () => {
    const answer = await run(['get_recent_emails', '{"limit":3}'], {}, [
      'npm',
      'run',
      '--silent',
      'try',
      '--',
    ])
    expect(answer.code, answer.stderr).toBe(0)
    expect(answer.stdout).toMatch(/^3 emails in INBOX of demo@mail\.example, newest first\. More: cursor /)
    expect(answer.stdout).toContain('Order 88120')
  })

  test('--sign-out forgets the tokens', async () => {
    expect((await run(['--sign-out'])).code).toBe(0)
    await expect(stat(join(runner.dataDir, 'try.json'))).rejects.toThrow()
  })

  /** Follows the sign-in URL as a person with a browser would. */
  async function run(
    args: string[],
    environment: Record<string, string> = {},
    [command, ...before]: [string, ...string[]] = [process.execPath, '--import', 'tsx', program],
  ) {
    const child = spawn(command, [...before, ...args], {
      cwd: join(import.meta.dirname, command === 'npm' ? '../../../..' : '../..'),
      env: { PATH: process.env.PATH, PUBLIC_URL: runner.url, DATA_DIR: runner.dataDir, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    })
    let stdout = ''
    let stderr = ''
    let signIn: Promise<void> | undefined
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      const [, authorizeUrl] = /Sign in here:\s+(\S+)\s/.exec(stderr) ?? []
      if (authorizeUrl !== undefined) signIn ??= browse(authorizeUrl)
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    await signIn
    return { code, stdout, stderr, signIns: signIn === undefined ? 0 : 1 }
  }
})

async function browse(authorizeUrl: string): Promise<void> {
  const outcome = await completeSignIn({ authorizeUrl, fields: demoFields })
  if (!outcome.redirected) throw new Error(`The sign-in page answered ${outcome.status}`)
  expect(await (await fetch(outcome.url)).text()).toContain('Signed in.')
}
