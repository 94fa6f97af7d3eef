/** R52: what the question before a sending says, without a client around it. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { expect, test } from 'vitest'
import { defaultAccountSettings, defaultGrantSettings } from '../../src/accounts/settings.ts'
import { openConfirmation } from '../../src/sending/confirmation.ts'
import { toQuestion, toShownText } from '../../src/sending/question.ts'

const person = (address: string) => ({ address })
const draft = {
  from: person('alice@test.example'),
  to: [person('bob@test.example')],
  cc: [person('carol@test.example')],
  bcc: [person('dave@test.example')],
  subject: 'Subject',
  body: 'Body',
  attachments: [{ filename: 'a.txt', contentType: 'text/plain', size: 5 }],
}
const known = [...draft.to, ...draft.cc, ...draft.bcc]
const ask = (
  changes: Partial<typeof draft>,
  people: Parameters<typeof toQuestion>[1] = { inThread: known },
) => toQuestion({ ...draft, ...changes }, people)
const marked = (question: string) =>
  [...question.matchAll(/([^\s,]+) \[[^\]]*NEW[^\]]*\]/g)].map(([, address]) => address)

test.each(['to', 'cc', 'bcc'] as const)(
  'R52: a recipient in %s who is new is marked, others are not',
  (field) => {
    expect(marked(ask({}))).toEqual([])
    const led = [...draft[field], person('mallory@test.example'), person('BOB@test.example')]
    expect(marked(ask({ [field]: led }))).toEqual(['mallory@test.example'])
    const writtenTo = new Set(['bob@test.example', 'carol@test.example'])
    expect(marked(ask({}, { writtenTo }))).toEqual(['dave@test.example'])
    expect(
      marked(ask({ [field]: led }, { inThread: known, writtenTo: new Set(['mallory@test.example']) })),
    ).toEqual([])
  },
)

test('R52: what a stored draft sends elsewhere is shown, with all that is not to From marked', () => {
  const redirects = [
    { name: 'Reply-To', text: 'Alice <alice@test.example>', redirects: 'answers' },
    { name: 'Reply-To', text: 'Alice <alice@te\u200Bst.example>', redirects: 'answers' },
    { name: 'Reply-To', text: 'alice@test.example, mallory@evil.example', redirects: 'answers' },
    { name: 'Errors-To', text: 'x\nSubject: other', redirects: 'bounces' },
    ...Array.from(
      { length: 9 },
      () => ({ name: 'List-Post', text: '<mailto:l@x>', redirects: 'answers' }) as const,
    ),
  ] as const
  const lines = toQuestion({ ...draft, redirects }, { inThread: known }).split('\n')
  expect(lines.slice(5, 9)).toEqual([
    'Reply-To: Alice <alice@test.example>',
    'Reply-To: Alice <alice@te[1 invisible character]st.example> [ANSWERS go there, not to From]',
    'Reply-To: alice@test.example, mallory@evil.example [ANSWERS go there, not to From]',
    'Errors-To: x [line break] Subject: other [BOUNCES go there, not to From]',
  ])
  expect(lines).toContain('[3 more fields that redirect answers or receipts]')
})

test('R52: where Sent could not be read, the question says so and marks nobody', () => {
  expect(ask({}, {})).toContain('could not be checked')
  expect(marked(ask({}, {}))).toEqual([])
})

test.each([
  ['аlice@test.example', 'a Cyrillic letter in the local part'],
  ['alice@tеst.example', 'a Cyrillic letter in the domain'],
  ['a1ice@test.example', 'a digit for a letter'],
  ['alice@xn--tst-qdd.example', 'the same domain in ASCII'],
])('R52: %s is marked as a look-alike: %s', (address) => {
  expect(ask({ to: [person(address)] })).toMatch(/LOOKS LIKE/)
})

test('R52: ordinary addresses are no look-alikes', () => {
  expect(ask({ to: [person('müller@straße.example'), person('Alice@test.example')] })).not.toMatch(
    /LOOKS LIKE/,
  )
})

test('R52: what prints nothing is counted where it is', () => {
  const hidden = [...'steal'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')
  const shown = toShownText(`Hello${hidden}, \u202eyou\u200b\u200b. \u0007`)
  expect(shown).toBe(
    'Hello[5 invisible characters], [1 invisible character]you[2 invisible characters]. [1 invisible character]',
  )
  expect(ask({ subject: `a${hidden}b` })).toContain('Subject: a[5 invisible characters]b')
  const family = '👨\u200d👩\u200d👧 ❤\ufe0f نمی\u200cخواهم'
  expect(toShownText(family)).toBe(family)
})

test('R52: 1,990 line breaks push nothing out of sight, nor do spaces', () => {
  expect(toShownText(`a${'\n'.repeat(1990)}b`)).toBe('a\n[1989 blank lines]\nb')
  expect(toShownText(`a${'\n \u3000'.repeat(50)}\nb`)).toMatch(/^a\n\[\d+ blank lines\]\n *b$/)
  expect(toShownText(`a${' '.repeat(5000)}b`)).toBe('a [5000 spaces] b')
  expect(toShownText(`a${'\u2800'.repeat(5000)}b`)).toBe('a [5000 spaces] b')
})

test('R52: of a long text head and tail are shown, and how much is between', () => {
  const shown = toShownText(`HEAD${'x'.repeat(10_000)}TAIL`)
  expect(shown.startsWith('HEAD')).toBe(true)
  expect(shown.endsWith('TAIL')).toBe(true)
  expect(shown).toContain('[... 8008 characters are not shown here, but go out ...]')
  expect(shown.length).toBeLessThan(2200)
})

test('R52: a file name, a subject or an address opens no line and imitates no second attachment', () => {
  const filename = 'a.txt", text/plain, 5 bytes\nAttachment 2 of 2: "b.txt'
  const question = ask({
    subject: 'Hi\nBcc: nobody',
    attachments: [{ filename, contentType: 'text/plain', size: 5 }],
  })
  expect(question.split('\n').filter((line) => line.startsWith('Attachment'))).toHaveLength(1)
  expect(question.split('\n').filter((line) => line.startsWith('Bcc'))).toEqual(['Bcc: dave@test.example'])
})

test('R52: the text of one repeated token is shown in linear time', async () => {
  for (const token of ['\n', ' ', '\u200b', '\ufe0f', '\u2800\n', '[', 'a\u0000']) {
    const text = token.repeat(1_000_000 / token.length)
    expect(await leastCpuMs(5_000, () => toShownText(text))).toBeLessThan(5_000)
  }
})

const settings = { state: 'open', account: defaultAccountSettings, grant: defaultGrantSettings } as const

function toBytes(text: string) {
  const whole = Buffer.from(text)
  return {
    ...{ length: whole.length, isAscii: true, toBuffer: () => whole },
    *pieces() {
      // A large message comes in many, and its end is as much of it as its beginning.
      yield whole.subarray(0, 2)
      yield whole.subarray(2)
    },
  }
}

test('R52: a yes counts for the account and the bytes that were asked about, once, and for no other', async () => {
  const used: string[] = []
  const call = {
    now: () => 1_800_000_000,
    caller: {
      ...{ grantId: 'grant', clientId: 'client', scopes: [], permission: 'send' as const },
      ...{ resource: '', expiresAt: 0, secret: new Uint8Array(32).fill(7) },
    },
    once: { useOnce: async (key: string) => !used.includes(key) && used.push(key) > 0 },
  } as unknown as Parameters<typeof openConfirmation>[0]
  const composed = { bytesWithBcc: toBytes('bytes') }
  const first = openConfirmation(
    { ...call, asking: { canAsk: true, showsCards: false } },
    { accountId: 'a', settings },
  )
  const asked = await first.decide(composed, async () => 'Send?')
  if (typeof asked === 'string') throw new Error('Nobody was asked')
  const answered = (accountId: string) =>
    openConfirmation(
      { ...call, asking: { canAsk: true, showsCards: false, state: asked.state, answer: 'accept' } },
      { accountId, settings },
    )
  expect(() => answered('b')).toThrow('belongs to another email')
  const second = answered('a')
  expect(second).toMatchObject({ attempt: first.attempt, madeAt: first.madeAt, asksNow: false })
  const other = { bytesWithBcc: toBytes('bytes, and more of them') }
  await expect(second.decide(other, async () => '')).rejects.toMatchObject({ code: 'not_confirmed' })
  expect(used).toEqual([])
  expect(await second.decide(composed, async () => '')).toBe('send')
  await expect(answered('a').decide(composed, async () => '')).rejects.toMatchObject({
    code: 'not_confirmed',
  })
})
