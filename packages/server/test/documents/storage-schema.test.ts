/** docs/storage-schema.md against what the product really leaves in its tables, asks of AWS, and is deployed with. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createTempFolder, findDynamoDb } from '@email-connector/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { gatewayResponses } from '../../../../stacks/api/gateway-table.ts'
import { tableRights } from '../../../../stacks/rights.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { hintPurposes } from '../../src/keys/token-cipher.ts'
import { sealSoFar } from '../../src/sign-in/accounts-so-far.ts'
import { tableSchemas } from '../../src/store/table-schema.ts'
import { spyOnSeals } from '../keys/seal-spy.ts'
import { codeIn, readDocument, rowsIn, sectionOf } from './document.ts'
import { type RecordedRun, recordRun } from './recorded-run.ts'

const schema = readDocument('storage-schema.md')

/** `### \`grant#\` \`account#\`` … and the attributes that its table names. */
const documented = new Map(
  schema
    .split('\n')
    .filter((line) => /^### `\w+#`/.test(line))
    .map((heading) => [codeIn(heading).join(' '), attributesIn(heading)]),
)
const ofEveryRow = attributesIn('### Every row')
const ofEveryToken = attributesIn('### Every token row')

function attributesIn(heading: string): string[] {
  return rowsIn(sectionOf(schema, heading)).flatMap(([first = '']) => codeIn(first))
}

function attributesOf(kind: string): string[] {
  // None is a token of a client: a leash holds no wrap, and those of links are of another secret.
  const isToken =
    !['leash#', 'file#', 'review#'].includes(kind) &&
    tableSchemas.tokens.prefixes.some((prefix) => prefix === kind)
  return [...ofEveryRow, ...(isToken ? ofEveryToken : []), ...(documented.get(kind) ?? [])].sort()
}

/** `hint`, 1, what it is for (…), grantId: the label of a sealed thing, and how many parts its associated data has. */
const associatedData = rowsIn(sectionOf(schema, '### Associated data')).map(([, cell = '']) => ({
  label: codeIn(cell)[0] ?? '',
  parts: (cell.split(';')[0] ?? '').replace(/\([^)]*\)/g, '').split(',').length,
  codes: codeIn(cell),
}))

test('the storage schema names everything that is sealed under the hint key', () => {
  const ofHint = associatedData.find(({ label }) => label === 'hint')
  expect(ofHint?.codes.slice(1)).toEqual(hintPurposes)
})

test('the storage schema has a section for every prefix of the tables', () => {
  const prefixes = Object.values(tableSchemas).flatMap((table) => [...table.prefixes])
  const named = [...documented.keys()].map((kind) => kind.split(' ')[0])
  expect([...new Set(named)].sort()).toEqual(prefixes.sort())
})

test('the storage schema says what the gateway answers by itself', () => {
  const rows = rowsIn(sectionOf(schema, '## What the gateway answers')).flatMap(([type = '', status = '']) =>
    codeIn(type).map((name) => [name, status === 'its own' ? undefined : Number(status)]),
  )
  const responses = gatewayResponses({ publicUrl: 'https://example.com' })
  expect(rows.sort()).toEqual(responses.map(({ type, status }) => [type, status]).sort())
})

test('R66: the storage schema names the rights of every function', () => {
  const rights = Object.entries(tableRights({ hasAuthorizer: true })).flatMap(([name, ofFunction]) =>
    ofFunction.flatMap(({ prefixes, actions }) =>
      prefixes.flatMap((prefix) => actions.map((action) => `${name} ${prefix} ${action}`)),
    ),
  )
  const written = rowsIn(sectionOf(schema, '## Who may touch which row')).flatMap(
    ([name = '', rows = '', actions = '']) =>
      codeIn(rows).flatMap((prefix) =>
        codeIn(actions).map((action) => `${codeIn(name)} ${prefix} ${action}`),
      ),
  )
  expect(written.sort()).toEqual(rights.sort())
})

describe.runIf(findDynamoDb() !== undefined)(
  'what a run leaves (needs the optional package @dynoxide/linux-x64)',
  () => {
    let run: RecordedRun
    let sealed: readonly string[][]
    beforeAll(async () => {
      const spy = spyOnSeals()
      try {
        run = await recordRun()
        await sealWhatTheRunDoesNot()
      } finally {
        spy.restore()
      }
      sealed = spy.associated
    })

    test('every stored attribute is in the storage schema, and nothing else is', () => {
      expect([...run.attributes.keys()].sort()).toEqual([...documented.keys()].sort())
      for (const [kind, stored] of run.attributes)
        expect(`${kind}: ${[...stored].sort().join(' ')}`).toBe(`${kind}: ${attributesOf(kind).join(' ')}`)
    })

    test('R24: the associated data of everything that is sealed has the label and the parts written', () => {
      // The stand-in for KMS seals too, under its own names.
      const ours = sealed.filter(([label = '']) => !label.startsWith('arn:'))
      const seen = new Set(ours.map(([label = '', ...rest]) => `${label} ${rest.length + 1}`))
      const written = associatedData.map(({ label, parts }) => `${label} ${parts}`)
      expect([...seen].sort()).toEqual(written.sort())
    })

    test('R27: the storage schema counts the calls to AWS that each request makes', () => {
      const rows = rowsIn(sectionOf(schema, '## Calls to AWS per request'))
      const written = new Map(rows.map(([kind = '', ...calls]) => [kind, calls.flatMap(callsIn).sort()]))
      const made = new Map([...run.calls].map(([kind, calls]) => [kind, [...calls].sort()]))
      expect(written).toEqual(made)
    })
  },
)

/** A second mailbox in one sign-in, and the key file that takes the place of KMS on a laptop. */
async function sealWhatTheRunDoesNot(): Promise<void> {
  sealSoFar([{ kid: 'k', key: randomBytes(32) }], 'handle', {
    grantId: 'g',
    secret: randomBytes(32),
    permission: 'read',
    ask: 'ask',
    absoluteExpiresAt: 1,
    connected: [],
  })
  const folder = createTempFolder('keys')
  try {
    const context = { app: 'email-connector', stage: 's', grantId: 'g', accountId: 'a' }
    await createFileKeyWrapper({ path: join(folder.path, 'key') }).generateDataKey(context)
  } finally {
    await folder.remove()
  }
}

/** ``2 `PutItem grant#`, `GetItem txn#` `` as one entry per call. */
function callsIn(cell: string): string[] {
  return [...cell.matchAll(/(?:(\d+) )?`([^`]+)`/g)].flatMap(([, count = '1', call = '']) =>
    Array<string>(Number(count)).fill(call),
  )
}
