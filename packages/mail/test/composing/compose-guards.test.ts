/** The belt to the braces of compose.ts: what its composer writes is read again, whatever a later version of it does. */
import { Readable } from 'node:stream'
import { beforeEach, expect, test, vi } from 'vitest'
import { composeMessage, type OutgoingDraft } from '../../src/composing/compose.ts'

/** What the composer does to the bytes behind our back. */
const seen = vi.hoisted((): { spoil: (raw: string) => string } => ({ spoil: (raw) => raw }))

interface ComposedNode {
  createReadStream(): Readable
}
type Composer = new (mail: object) => { compile(): ComposedNode }

async function* spoiled(stream: Readable) {
  yield Buffer.from(seen.spoil(Buffer.concat(await stream.toArray()).toString()))
}

vi.mock('nodemailer/lib/mail-composer', async (original) => {
  const { default: MailComposer } = await original<{ default: Composer }>()
  return {
    default: class extends MailComposer {
      override compile() {
        const node = super.compile()
        const read = node.createReadStream.bind(node)
        return Object.assign(node, { createReadStream: () => Readable.from(spoiled(read())) })
      }
    },
  }
})

const draft: OutgoingDraft = {
  from: { name: 'Alice', address: 'alice@test.example' },
  to: [{ address: 'bob@test.example' }],
  cc: [{ address: 'carol@test.example' }],
  bcc: [{ address: 'dave@test.example' }],
  subject: 'Hello',
  body: 'Plain words.',
  attachments: [],
  date: new Date('2026-11-21T10:00:00Z'),
}

beforeEach(() => {
  seen.spoil = (raw) => raw
})

test('R39: passes what was asked for', async () => {
  const { raw, envelope } = await composeMessage(draft)
  expect(raw.toString()).toContain('To: bob@test.example')
  expect(envelope.to).toHaveLength(3)
})

test.each([
  ['a recipient more in To', (raw: string) => raw.replace(/^To: /m, 'To: mallory@test.example, '), 'to'],
  ['one more in Cc', (raw: string) => raw.replace(/^Cc: /m, 'Cc: mallory@test.example, '), 'cc'],
  ['one less', (raw: string) => raw.replace(/^Cc: .*\r\n/m, ''), 'cc'],
  ['another one', (raw: string) => raw.replace(/^To: .*/m, 'To: mallory@test.example'), 'to'],
  ['another sender', (raw: string) => raw.replace(/^From: .*/m, 'From: mallory@test.example'), 'from'],
  [
    'a Bcc in what is sent',
    (raw: string) => (/^Bcc:/m.test(raw) ? raw : `Bcc: dave@test.example\r\n${raw}`),
    'bcc',
  ],
  ['a header twice', (raw: string) => `To: bob@test.example\r\n${raw}`, 'to'],
  ['a subject twice', (raw: string) => `Subject: Hello\r\n${raw}`, 'to'],
  ['a header nobody asked for', (raw: string) => `X-Mailer: someone\r\n${raw}`, 'to'],
])('R39: throws when the composer writes %s', async (_, spoil, field) => {
  seen.spoil = spoil
  await expect(composeMessage(draft)).rejects.toMatchObject({ code: 'invalid_input', field })
})

test('R39: takes 1,000 recipients, each once over To, Cc and Bcc, and refuses one more', async () => {
  const people = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ address: `p${from + index}@test.example` }))
  const full = { ...draft, to: people(0, 400), cc: people(400, 300), bcc: people(700, 300) }
  expect((await composeMessage(full)).envelope.to).toHaveLength(1_000)
  const repeated = { ...full, bcc: [...full.bcc, ...people(0, 5)] }
  expect((await composeMessage(repeated)).envelope.to).toHaveLength(1_000)
  for (const field of ['to', 'cc', 'bcc'] as const) {
    const over = { ...full, [field]: [...full[field], ...people(1_000, 1)] }
    await expect(composeMessage(over), field).rejects.toMatchObject({ code: 'invalid_input', field: 'to' })
  }
})
