/**
 * `pnpm fuzz --minutes 60 [--seed n]`: what mails and mail servers may send, for as long as one likes. Each kind of
 * finding is kept once in packages/mail/test/fixtures/fuzz, where the tests try it again for good.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fuzzMail } from '../packages/mail/test/reading/fuzz-mail.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
})
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed)
const folder = fileURLToPath(new URL('../packages/mail/test/fixtures/fuzz/', import.meta.url))
mkdirSync(folder, { recursive: true })

const kinds = new Set<string>()
const tried = await fuzzMail({
  seed,
  seconds: Number(values.minutes) * 60,
  report({ target, input, problem }) {
    // Numbers differ from one to the next; the place is what makes a kind.
    const kind = `${target} ${problem.replaceAll(/\d+(\.\d+)?/g, 'n')}`
    if (kinds.has(kind)) return
    kinds.add(kind)
    const name = `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`
    writeFileSync(join(folder, name), input)
    process.stdout.write(`${name}: ${problem}\n`)
  },
})
process.stdout.write(`seed ${seed}: ${tried} inputs, ${kinds.size} kinds of findings\n`)
process.exitCode = kinds.size === 0 ? 0 : 1
