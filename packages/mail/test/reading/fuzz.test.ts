/** A bounded share of `pnpm fuzz`, and everything it ever found. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Finding, fuzzMail, openWire, readContent } from './fuzz-mail.ts'

const folder = fileURLToPath(new URL('../fixtures/fuzz/', import.meta.url))

describe('R62: fuzz', () => {
  test.each(readdirSync(folder).filter((name) => name.startsWith('content-')))(
    'found once: %s',
    async (name) => {
      await readContent(readFileSync(join(folder, name)))
    },
  )

  test.each(readdirSync(folder).filter((name) => name.startsWith('wire-')))(
    'found once: %s',
    async (name) => {
      const wire = await openWire()
      await wire.read(readFileSync(join(folder, name))).finally(() => wire.close())
    },
  )

  test('mutated mails and answers are read, or refused, in time', async () => {
    const findings: Finding[] = []
    const tried = await fuzzMail({ seed: 20_261_121, seconds: 15, report: (one) => findings.push(one) })
    expect(findings.map(({ target, problem }) => `${target}: ${problem}`)).toEqual([])
    expect(tried).toBeGreaterThan(20)
  })
})
