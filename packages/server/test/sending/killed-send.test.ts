/**
 * R63, R85: a process that is killed while it sends, at every stage and at random moments between. The next process sends
 * the same email: nobody gets it twice, Sent holds it once at most, and the answer is true.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTempFolder } from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { type CountingServers, startCountingServers } from './counting-servers.ts'

const kills = inLongRun(50, 3)
const probe = fileURLToPath(new URL('killed-send-probe.ts', import.meta.url))
const folder = createTempFolder('killed-send')
/** At `sending` the call begins; at `done` it was answered. */
const stages = ['sending', 'MAIL', 'DATA', 'final dot', 'stored', 'APPEND', 'EHLO', 'AUTH', 'RCPT', 'done']
const secrets = createInstanceSecrets()
let servers: CountingServers

beforeAll(async () => {
  servers = await startCountingServers()
})
afterAll(async () => {
  await servers?.stop()
  await folder.remove()
})

interface Told {
  readonly sending?: string
  readonly done?: string
  readonly again?: string
  readonly state?: string
  readonly code?: string
}

/** Lives until `shouldDie` of the stage it has reached, and then up to 10 ms more. Answers what it was told. */
async function runProbe(work: object, shouldDie?: (stage: string) => boolean): Promise<Told[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', probe], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Who is killed leaves its own folders behind.
    env: { ...process.env, TMPDIR: folder.path },
  })
  const told: Told[] = []
  let isKilled = false
  const onStage = (stage: string) => {
    if (isKilled || shouldDie?.(stage) !== true) return
    isKilled = true
    void delay(Math.random() * 10).then(() => child.kill('SIGKILL'))
  }
  let isSending = false
  servers.onStage = (stage) => {
    if (isSending) onStage(stage)
  }
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const one = JSON.parse(line) as Told
    told.push(one)
    isSending ||= one.sending !== undefined
    if (one.sending !== undefined) onStage('sending')
    if (one.done !== undefined) onStage('done')
  })
  const { account, ca } = servers
  child.stdin.end(JSON.stringify({ ...work, account, ca, dir: folder.path, secrets }))
  const [code, signal] = await once(child, 'close')
  if (shouldDie === undefined) expect([code, signal]).toEqual([0, null])
  else expect(signal).toBe('SIGKILL')
  return told
}
test(
  `R63, R85: of ${kills} emails whose process was killed none goes out twice, and each answer is true`,
  async () => {
    const seen: string[] = []
    let before: string | undefined
    for (let at = 0; at <= kills; at += 1) {
      const subject = at < kills ? `Killed ${at}` : undefined
      const stage = stages[at % stages.length] ?? 'sending'
      // Two minutes later, so that what a dead process had taken is free.
      const work = { before, subject, ahead: at * 120 }
      const dots = before === undefined ? 0 : servers.dots(before)
      const told = await runProbe(work, subject === undefined ? undefined : (reached) => reached === stage)
      if (before !== undefined) {
        const answer = told.find(({ again }) => again === before)
        const state = answer?.state ?? answer?.code
        seen.push(`${before}: ${dots} before, ${servers.dots(before)} after, ${state}`)
        expect(state, seen.at(-1)).toMatch(/^(sent|unknown)$/)
        expect(servers.dots(before), seen.at(-1)).toBeLessThanOrEqual(1)
        expect(servers.copies(before), seen.at(-1)).toBeLessThanOrEqual(1)
        if (state === 'sent') expect(servers.dots(before), seen.at(-1)).toBe(1)
      }
      before = subject
    }
    expect(seen).toHaveLength(kills)
  },
  20_000 + kills * 30_000,
)
