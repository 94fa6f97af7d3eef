/** What the question before a sending says, without a client around it. */
import { expect, test } from 'vitest'
import { confirm } from '../../src/sending/confirmation.ts'

const person = (address: string) => ({ address })
const call = {
  asking: { canAsk: true },
  now: () => 1_800_000_000,
  caller: {
    grantId: 'grant',
    clientId: 'client',
    scopes: [],
    permission: 'send' as const,
    resource: '',
    expiresAt: 0,
    secret: new Uint8Array(32).fill(7),
  },
  once: {
    count: unexpected,
    takeFrom: unexpected,
    giveBack: unexpected,
    findSend: unexpected,
    reserveSend: unexpected,
    enterData: unexpected,
    settleSend: unexpected,
    releaseSend: unexpected,
    createPending: unexpected,
    takePending: unexpected,
    createPageState: unexpected,
    findPageState: unexpected,
    useOnce: unexpected,
    keepUndo: unexpected,
    findUndo: unexpected,
  },
}
async function unexpected(): Promise<never> {
  throw new Error('A question stores nothing')
}

const draft = {
  from: person('alice@test.example'),
  to: [person('bob@test.example')],
  cc: [person('carol@test.example')],
  bcc: [person('dave@test.example')],
  subject: 'Subject',
  body: 'Body',
  attachments: [],
}
const known = [...draft.to, ...draft.cc, ...draft.bcc]

async function marksOf(changes: Partial<typeof draft>, seen: typeof known | undefined = known) {
  const asked = await confirm(call, { opened: { accountId: 'a' }, shown: { ...draft, ...changes } }, [], seen)
  return asked?.question.match(/(?<=^New recipient, not in the email this answers: ).+$/gm) ?? []
}

test.each(['to', 'cc', 'bcc'] as const)(
  'R52: a recipient in %s who is new to the conversation is marked, others are not',
  async (field) => {
    expect(await marksOf({})).toEqual([])
    const led = [...draft[field], person('mallory@test.example'), person('BOB@test.example')]
    expect(await marksOf({ [field]: led })).toEqual(['mallory@test.example'])
    expect(await marksOf({ [field]: [person('mallory@test.example')] })).toEqual(['mallory@test.example'])
  },
)

test('R52: an email that answers nothing has no new recipients', async () => {
  const asked = await confirm(call, { opened: { accountId: 'a' }, shown: draft }, [])
  expect(asked?.question).toContain('Bcc: dave@test.example')
  expect(asked?.question).not.toContain('New recipient')
})

test('R52: a yes counts for the account that was asked about, and for no other', async () => {
  const asked = await confirm(call, { opened: { accountId: 'a' }, shown: draft }, ['content'])
  const asking = { canAsk: true, state: asked?.state ?? '', answer: 'accept' as const }
  const used: string[] = []
  const once = { ...call.once, useOnce: async (key: string) => used.push(key) > 0 }
  const answer = (accountId: string) =>
    confirm({ ...call, asking, once }, { opened: { accountId }, shown: draft }, ['content'])
  await expect(answer('b')).rejects.toMatchObject({ code: 'not_confirmed' })
  expect(used).toEqual([])
  expect(await answer('a')).toBeUndefined()
})
