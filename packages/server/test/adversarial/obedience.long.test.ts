/** R92 as far as it holds today, and the honest rest: what injection can do when a model obeys every mail. */
import { findDovecot } from '@email-connector/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { readDocument } from '../documents/document.ts'
import { attacks, type Run, runAll, settings } from './obedience.ts'
import { toAdversarialDocument } from './obedience-document.ts'

describe.skipIf(!findDovecot())('a model that obeys every email', { timeout: 600_000 }, () => {
  let runs: readonly Run[] = []
  beforeAll(async () => {
    runs = await runAll()
  }, 600_000)
  const under = (part: string) => runs.filter(({ setting }) => setting.includes(part))

  test('every order was given under every setting', () => {
    expect(runs).toHaveLength(settings.length * attacks.length)
  })

  test.each(['`read`', '`write`'])('with %s nothing leaves, whatever a mail says', (permission) => {
    expect(under(permission).flatMap(({ left }) => left)).toEqual([])
  })

  test.each(['asks, no', 'asks, no answer'])('where the client %s: nothing leaves', (setting) => {
    const [asked] = [under(setting)]
    expect(asked.flatMap(({ left }) => left)).toEqual([])
    expect(asked.filter((run) => run.asked > 0).length).toBeGreaterThan(10)
  })

  test.each(['`ask`, the client cannot ask', '`always`'])(
    'R92: with %s nothing leaves; it is held',
    (setting) => {
      expect(under(setting).flatMap(({ left }) => left)).toEqual([])
      expect(under(setting).filter(({ outcome }) => outcome.startsWith('held')).length).toBeGreaterThan(10)
    },
  )

  test('each email that leaves after a yes was asked about', () => {
    const yes = under('the client asks, yes to all')
    expect(yes.filter(({ left, asked }) => left.length > 0 && asked === 0)).toEqual([])
    expect(yes.filter(({ left }) => left.length > 0).length).toBeGreaterThan(10)
  })

  test('an order that nobody sees is obeyed by nobody', () => {
    const hidden = runs.filter(({ attack }) => /hidden|tags/.test(attack))
    expect(new Set(hidden.map(({ outcome }) => outcome))).toEqual(
      new Set(['nothing: the order was not in the answers']),
    )
  })

  test('docs/adversarial.md is what was seen (pnpm write-adversarial)', () => {
    expect(readDocument('adversarial.md')).toBe(toAdversarialDocument(runs))
  })
})
