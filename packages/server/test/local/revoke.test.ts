/** R96: `pnpm revoke --local`, as its operator runs it. */
import { createTempFolder, freePort } from '@email-connector/testing'
import { expect, test } from 'vitest'
import { connectClient } from '../e2e/clients.ts'
import { startLocalRunner } from '../e2e/local-runner.ts'
import { runRevoke } from '../lambda/operator.ts'
import { demoFields } from './demo-fields.ts'

test('R96: ends the connections of a mailbox in the store of a runner that is stopped', async () => {
  const place = { dataDir: createTempFolder('revoke').path, port: await freePort() }
  const before = await startLocalRunner(place)
  const client = await connectClient(demoFields, { url: before.url, era: 'sdk 2, 2026 era' })
  const given = ['--local', '--host', 'demo.invalid', '--login', demoFields.address]
  const revoke = (...more: string[]) => runRevoke(undefined, [...given, ...more], { DATA_DIR: place.dataDir })
  const busy = await revoke()
  expect(busy.code).toBe(1)
  expect(busy.output).toContain('is already running')
  expect((await client.call('list_accounts')).isError).toBe(false)
  await before.stop('SIGTERM')

  expect(await revoke('--dry-run')).toEqual({ code: 0, output: '1 connection would be ended.\n' })
  expect(await revoke()).toEqual({ code: 0, output: '1 connection ended; none is left.\n' })
  expect(await revoke()).toEqual({ code: 0, output: 'This mailbox has no connection.\n' })
  const after = await startLocalRunner(place)
  await expect(client.call('list_accounts')).rejects.toThrow()
  await after.remove()
})

test('asked for wrongly it says how', async () => {
  for (const args of [
    [],
    ['--local'],
    ['--local', '--stage', 'x', '--host', 'h', '--login', 'l'],
    ['--unknown'],
  ]) {
    const { code, output } = await runRevoke(undefined, args)
    expect([code, output.includes('Usage: pnpm revoke')], args.join(' ')).toEqual([2, true])
  }
  expect(await runRevoke(undefined, ['--help'])).toMatchObject({ code: 0 })
  const unknown = await runRevoke(undefined, ['--stage', 'nowhere', '--host', 'h', '--login', 'l'])
  expect(unknown.code).toBe(1)
  expect(unknown.output).toContain('stages.json has no entry for it')
})
