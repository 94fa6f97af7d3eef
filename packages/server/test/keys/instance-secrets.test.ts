/** The deployment's secrets, and the owner index that the peppers are for. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, describe, expect, test } from 'vitest'
import {
  createInstanceSecrets,
  loadLocalSecrets,
  parseInstanceSecrets,
} from '../../src/keys/instance-secrets.ts'
import { ownerIndexes } from '../../src/keys/owner-index.ts'

const folder = createTempFolder('secrets')
afterAll(() => folder.remove())

describe('instance secrets', () => {
  test('are made once, mode 0600, and the same afterwards', async () => {
    const dir = join(folder.path, 'fresh')
    const [one, two] = await Promise.all([loadLocalSecrets(dir), loadLocalSecrets(dir)])
    expect(one).toEqual(two)
    expect(await loadLocalSecrets(dir)).toEqual(one)
    expect((await stat(join(dir, 'instance-secrets.json'))).mode & 0o777).toBe(0o600)
    const keys = [one.peppers, one.dcrKeys, one.handoffKeys].map(([entry]) =>
      Buffer.from(entry?.key ?? []).toString('hex'),
    )
    expect(new Set(keys).size).toBe(3)
    for (const key of keys) expect(key).toHaveLength(64)
    expect(await readFile(join(dir, 'instance-secrets.json'), 'utf8')).toContain('"kid"')
  })

  test('what Secrets Manager generates is read, and a rotated seed keeps the older keys behind the new ones', () => {
    const seed = (letter: string) => letter.repeat(64)
    const first = parseInstanceSecrets(JSON.stringify({ kid: '1', older: [], seed: seed('a') }))
    const rotated = parseInstanceSecrets(
      JSON.stringify({ kid: '2', older: [{ kid: '1', seed: seed('a') }], seed: seed('b') }),
    )
    for (const name of ['peppers', 'dcrKeys', 'handoffKeys'] as const) {
      expect(rotated[name].map(({ kid }) => kid)).toEqual(['2', '1'])
      expect(rotated[name][1]).toEqual(first[name][0])
      expect(rotated[name][0]?.key).not.toEqual(first[name][0]?.key)
    }
  })

  test.each([
    '',
    '{}',
    '[]',
    '{"kid":"k","seed":"c2VjcmV0","older":[]}',
    `{"kid":"k","older":[],"seed":"${'c2VjcmV0'.repeat(8)}"`,
    `{"kid":"k","seed":"${'c2VjcmV0'.repeat(8)}"}`,
    `{"kid":"k","seed":"${'c2VjcmV0'.repeat(8)}","older":[{"kid":"k","seed":"${'c2VjcmV0'.repeat(8)}"}]}`,
    'c2VjcmV0',
  ])('R45: malformed ones (%s) are refused without being quoted', (text) => {
    const error = (() => {
      try {
        return parseInstanceSecrets(text)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(Error)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('c2VjcmV0')
  })
})

describe('owner index', () => {
  const { peppers } = parseInstanceSecrets(createInstanceSecrets())
  const { peppers: older } = parseInstanceSecrets(createInstanceSecrets())
  const owner = { imapHost: 'imap.example.org', login: 'ann@example.org' }

  test('is the same for the same mailbox, however it is typed', () => {
    expect(ownerIndexes(peppers, { imapHost: 'IMAP.Example.org.', login: ' Ann@example.ORG ' })).toEqual(
      ownerIndexes(peppers, owner),
    )
  })

  test('differs by login, host and pepper, and moving a character between the two changes it', () => {
    const values = [
      ownerIndexes(peppers, owner),
      ownerIndexes(older, owner),
      ownerIndexes(peppers, { ...owner, login: 'bob@example.org' }),
      ownerIndexes(peppers, { ...owner, imapHost: 'imap.example.com' }),
      ownerIndexes(peppers, { imapHost: 'imap.example.orga', login: 'nn@example.org' }),
    ].flat()
    expect(new Set(values).size).toBe(5)
  })

  test('R25: has nothing of the address in it', () => {
    for (const value of ownerIndexes(peppers, owner)) expect(value).toMatch(/^[\w-]{43}$/)
  })

  test('a rotated pepper keeps the old value findable, the new one first', () => {
    expect(ownerIndexes([...older, ...peppers], owner)).toEqual([
      ...ownerIndexes(older, owner),
      ...ownerIndexes(peppers, owner),
    ])
  })
})
