/** A server's question reaches the client in one process, its answer comes back through another. */
import { expect, test } from 'vitest'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { createTiming } from '../../src/mcp/timing.ts'
import { createCaller } from './serve-endpoint.ts'
import {
  answerOf,
  call,
  createTestEndpoint,
  initialize,
  type Message,
  messagesIn,
  openSession,
  post,
} from './test-application.ts'

const caller = createCaller()

test('after a yes nothing waits longer than half a second for the next look', () => {
  expect(createTiming({})).toMatchObject({ pollMs: 300, maxPollMs: 500, deadlineMs: 240_000 })
})

test('looks for an answer never become rarer than the longest pause', async () => {
  const { sessions, answer, question, messages } = await ask()
  let looks = 0
  const take = sessions.takeAnswer
  const enough = new Promise<void>((resolve) => {
    sessions.takeAnswer = (...args) => {
      looks += 1
      if (looks === 40) resolve()
      return take(...args)
    }
  })
  // 40 looks at 5 to 8 ms; growing without a bound they would take more than a day.
  await enough
  await answer({ jsonrpc: '2.0', id: question.id, result: accepted })
  expect((await messages.next()).value?.id).toBe(7)
})

/** Two endpoints that share the store alone, and a question asked at the first. */
async function ask(questionDeadlineMs?: number, tool = 'ask') {
  const first = createTestEndpoint(questionDeadlineMs === undefined ? {} : { questionDeadlineMs })
  const second = createTestEndpoint({ sessions: first.sessions })
  const id = await openSession(first.endpoint, caller)
  const messages = messagesIn(
    await first.endpoint.handle(post(call(tool, 7), { 'mcp-session-id': id }), caller),
  )
  const { value: question } = await messages.next()
  const answer = (body: unknown, by = caller, session = id) =>
    second.endpoint.handle(post(body, { 'mcp-session-id': session }), by)
  return { ...first, second: second.endpoint, id, question: question as Message, messages, answer }
}

const accepted = { action: 'accept', content: { ok: true } }

test('an answer posted to another process reaches the tool that asked, under the id it was asked with', async () => {
  const { question, messages, answer } = await ask()
  expect(question.method).toBe('elicitation/create')
  const response = await answer({ jsonrpc: '2.0', id: question.id, result: accepted })
  expect(response.status).toBe(202)
  const { value } = await messages.next()
  expect(value?.id).toBe(7)
  expect(value?.result?.content?.[0]?.text).toBe('grant-1 accept {"ok":true}')
  expect((await messages.next()).done).toBe(true)
})

test('ids of questions are unique across processes: two fresh servers never ask under the same one', async () => {
  const [one, other] = await Promise.all([ask(), ask()])
  expect(one.question.id).toMatch(/^[0-9a-f]{32}$/)
  expect(other.question.id).not.toBe(one.question.id)
  for (const { answer, question } of [one, other])
    await answer({ jsonrpc: '2.0', id: question.id, result: accepted })
})

test('a question takes one answer, from its own session and grant only; the rest is refused aloud', async () => {
  const { question, messages, answer, second } = await ask()
  const forged = { jsonrpc: '2.0', id: question.id, result: { action: 'decline' } }
  const stranger = createCaller({ grantId: 'grant-2' })
  const strangersSession = await openSession(second, stranger)
  expect((await answer(forged, stranger)).status).toBe(404)
  expect((await answer(forged, stranger, strangersSession)).status).toBe(400)
  expect((await answer({ ...forged, id: 0 })).status).toBe(400)
  expect((await answer({ jsonrpc: '2.0', id: question.id, result: accepted })).status).toBe(202)
  expect((await answer(forged)).status).toBe(400)
  expect((await messages.next()).value?.result?.content?.[0]?.text).toContain('accept')
})

test('an answer in a batch of 2025-03-26 counts, and a refused one refuses the batch', async () => {
  const { endpoint } = createTestEndpoint()
  const id = await openSession(endpoint, caller, initialize('2025-03-26'))
  const send = (body: unknown) => endpoint.handle(post(body, { 'mcp-session-id': id }), caller)
  const messages = messagesIn(await send(call('ask')))
  const { value: question } = await messages.next()
  const batch = [{ jsonrpc: '2.0', id: question?.id, result: accepted }, call('whoami', 2)]
  expect((await answerOf(await send(batch))).id).toBe(2)
  expect((await messages.next()).value?.result?.content?.[0]?.text).toContain('accept')
  expect((await send(batch)).status).toBe(400)
})

test("a client's error is the tool's error", async () => {
  const { question, messages, answer } = await ask()
  await answer({ jsonrpc: '2.0', id: question.id, error: { code: -1, message: 'The user left' } })
  expect((await messages.next()).value?.result?.content?.[0]?.text).toBe('unanswered: The user left')
})

test('an answer over the cap is refused, and the tool hears of it at once', async () => {
  const { question, messages, answer } = await ask()
  const huge = { action: 'accept', content: { ok: 'x'.repeat(200_000) } }
  expect((await answer({ jsonrpc: '2.0', id: question.id, result: huge })).status).toBe(413)
  expect((await messages.next()).value?.result?.content?.[0]?.text).toBe(
    'unanswered: The answer is too large',
  )
})

test('a question nobody answers ends at its deadline, and is closed', async () => {
  const { question, messages, answer } = await ask(30)
  expect((await messages.next()).value?.result?.content?.[0]?.text).toContain('did not answer in time')
  expect((await answer({ jsonrpc: '2.0', id: question.id, result: accepted })).status).toBe(400)
})

test('a tool written for 2026-07-28 asks in the 2025 era as well, without a progress token nobody would serve', async () => {
  const { question, messages, answer } = await ask(undefined, 'ask_in_rounds')
  expect(question.method).toBe('elicitation/create')
  expect(JSON.stringify(question)).not.toContain('progressToken')
  await answer({ jsonrpc: '2.0', id: question.id, result: { action: 'decline' } })
  expect((await messages.next()).value?.result?.content?.[0]?.text).toContain('decline')
})

test('a tool that waits no longer tells the client, under the id it knows, and the question is closed', async () => {
  const { question, messages, answer } = await ask(undefined, 'ask_briefly')
  const { value: cancelled } = await messages.next()
  expect(cancelled?.method).toBe('notifications/cancelled')
  expect(cancelled?.params?.requestId).toBe(question.id)
  expect((await messages.next()).value?.result?.content?.[0]?.text).toBe('too late')
  expect((await answer({ jsonrpc: '2.0', id: question.id, result: accepted })).status).toBe(400)
})

test('a client that goes away takes its question with it', async () => {
  const { endpoint, sessions, application } = createTestEndpoint()
  const id = await openSession(endpoint, caller)
  const closed = new Promise<void>((resolve) => {
    const close = sessions.closeQuestion
    sessions.closeQuestion = async (...args) => {
      await close(...args)
      resolve()
    }
  })
  const gone = new AbortController()
  const response = await endpoint.handle(post(call('ask'), { 'mcp-session-id': id }, gone.signal), caller)
  const messages = messagesIn(response)
  await messages.next()
  gone.abort()
  await closed
  expect(application.signals.at(-1)?.aborted).toBe(true)
  expect((await messages.next()).value).toBeUndefined()
})

test('R25: neither question nor answer is stored in clear, and an answer moved to another question does not open', async () => {
  const { question, messages, answer, sessions, reported } = await ask()
  const put = sessions.putAnswer
  sessions.putAnswer = (session, questionId, sealed) => {
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('accept')
    return put(session, questionId, sealed)
  }
  const cipher = createHintCipher(caller.secret)
  const letter = {
    sessionId: 'another',
    questionId: question.id,
    message: { jsonrpc: '2.0', id: 0, result: accepted },
  }
  const moved = cipher.seal('session', caller.grantId, Buffer.from(JSON.stringify(letter)))
  const take = sessions.takeAnswer
  sessions.takeAnswer = async (...args) => ((await take(...args)) === undefined ? undefined : moved)
  await answer({ jsonrpc: '2.0', id: question.id, result: accepted })
  expect((await messages.next()).value?.result?.content?.[0]?.text).toContain('unanswered')
  expect(String(reported[0])).toContain('another session or question')
})

test('a store that fails while a question waits ends the question, not the process', async () => {
  const { messages, sessions } = await ask()
  sessions.takeAnswer = () => Promise.reject(new Error('table gone'))
  expect((await messages.next()).value?.result?.content?.[0]?.text).toContain('did not answer in time')
})

test('an endpoint of default timing answers a request without a question at once', async () => {
  const { sessions, application } = createTestEndpoint()
  const endpoint = createMcpEndpoint({
    application,
    sessions,
    hint: createHintCipher,
    challenge: () => 'Bearer',
    now: () => 0,
  })
  const id = await openSession(endpoint, caller)
  const response = await endpoint.handle(post(call('whoami'), { 'mcp-session-id': id }), caller)
  expect((await answerOf(response)).id).toBe(1)
})
