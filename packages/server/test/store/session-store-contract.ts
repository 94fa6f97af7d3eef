/** What every SessionStore must do. */
import { describe, expect, test } from 'vitest'
import { sessionLimits } from '../../src/store/session-store.ts'
import type { Stores } from '../../src/store/stores.ts'
import { buildSession, newId, now, race } from './builders.ts'

export function describeSessionStore(name: string, open: () => Stores): void {
  describe(`${name}: sessions`, () => {
    async function openSession() {
      const { sessions } = open()
      const session = buildSession()
      await sessions.createSession(session)
      return { sessions, session, id: session.id }
    }

    test('a session is found as it was created, and created once', async () => {
      const { sessions, session } = await openSession()
      expect(await sessions.findSession(session.id)).toEqual(session)
      await expect(sessions.createSession(session)).rejects.toThrow('exists')
      expect(await sessions.findSession(newId())).toBeUndefined()
    })

    test('one of 50 that read the same time touches it', async () => {
      const { sessions, id } = await openSession()
      const outcomes = await race((index) =>
        sessions.touchSession({ id, asRead: now, touchedAt: now + 60 + index, expiresAt: now + 900 }),
      )
      expect(outcomes).toEqual(
        new Map([
          ['touched', 1],
          ['refused', 49],
        ]),
      )
      expect((await sessions.findSession(id))?.expiresAt).toBe(now + 900)
    })

    test('touching keeps queue and questions; re-opening drops them', async () => {
      const { sessions, id } = await openSession()
      await sessions.enqueue(id, 'message')
      await sessions.openQuestion(id, 'question')
      await sessions.touchSession({ id, asRead: now, touchedAt: now + 1, expiresAt: now + 900 })
      expect(await sessions.openQuestion(id, 'question')).toBe('refused')
      await sessions.touchSession({
        id,
        asRead: now + 1,
        touchedAt: now + 2,
        expiresAt: now + 900,
        reset: true,
      })
      expect(await sessions.putAnswer(id, 'question', 'answer')).toBe('refused')
      expect(await sessions.drain(id)).toEqual([])
    })

    test('a closed session is a tombstone: closed once, nothing goes in or out', async () => {
      const { sessions, id } = await openSession()
      await sessions.enqueue(id, 'message')
      await sessions.openQuestion(id, 'question')
      await sessions.putAnswer(id, 'question', 'answer')
      const outcomes = await race(() => sessions.closeSession(id, now + 5))
      expect(outcomes).toEqual(
        new Map([
          ['closed', 1],
          ['gone', 49],
        ]),
      )
      expect(await sessions.findSession(id)).toMatchObject({ closed: true, expiresAt: now + 5 })
      expect(await sessions.drain(id)).toEqual([])
      expect(await sessions.takeAnswer(id, 'question')).toBeUndefined()
      expect(await sessions.enqueue(id, 'late')).toBe('refused')
      expect(await sessions.openQuestion(id, 'late')).toBe('refused')
      const touch = { id, asRead: now, touchedAt: now + 1, expiresAt: now + 900, reset: true }
      expect(await sessions.touchSession(touch)).toBe('refused')
    })

    test('what does not exist is refused, not made', async () => {
      const { sessions } = open()
      const id = newId()
      expect(await sessions.enqueue(id, 'message')).toBe('refused')
      expect(await sessions.openQuestion(id, 'question')).toBe('refused')
      expect(await sessions.putAnswer(id, 'question', 'answer')).toBe('refused')
      expect(await sessions.closeSession(id, now)).toBe('gone')
      expect(await sessions.drain(id)).toEqual([])
      await sessions.closeQuestion(id, 'question')
      expect(await sessions.findSession(id)).toBeUndefined()
    })

    test('messages come out once, in order, 50 writers and 50 readers at the same time', async () => {
      const { sessions, id } = await openSession()
      await race((index) => sessions.enqueue(id, `early ${index}`))
      const taken: string[] = []
      await Promise.all([
        race(async (index) => sessions.enqueue(id, `late ${index}`)),
        race(async () => taken.push(...(await sessions.drain(id)))),
      ])
      taken.push(...(await sessions.drain(id)))
      expect(taken).toHaveLength(100)
      expect(new Set(taken).size).toBe(100)

      for (const message of ['a', 'b', 'c']) await sessions.enqueue(id, message)
      expect(await sessions.drain(id)).toEqual(['a', 'b', 'c'])
    })

    test('the queue ends at 100 messages or 256 KiB, and a drain makes room', async () => {
      const { sessions, id } = await openSession()
      for (let index = 0; index < sessionLimits.queuedMessages; index += 1) await sessions.enqueue(id, 'm')
      expect(await sessions.enqueue(id, 'one more')).toBe('refused')
      await sessions.drain(id)
      const half = 'x'.repeat(sessionLimits.queuedBytes / 2)
      expect(await sessions.enqueue(id, half)).toBe('queued')
      expect(await sessions.enqueue(id, half)).toBe('queued')
      expect(await sessions.enqueue(id, 'x')).toBe('refused')
      await sessions.drain(id)
      expect(await sessions.enqueue(id, 'x')).toBe('queued')
    })

    test('a full session with full answers still fits in one row', async () => {
      const { sessions, id } = await openSession()
      const half = 'x'.repeat(sessionLimits.queuedBytes / 2)
      await sessions.enqueue(id, half)
      await sessions.enqueue(id, half)
      for (let index = 0; index < sessionLimits.openQuestions; index += 1) {
        expect(await sessions.openQuestion(id, `q${index}`)).toBe('opened')
        expect(await sessions.putAnswer(id, `q${index}`, 'x'.repeat(sessionLimits.answerBytes))).toBe(
          'stored',
        )
      }
      expect(await sessions.openQuestion(id, 'one more')).toBe('refused')
    })

    test('an open question takes one answer, which is taken once', async () => {
      const { sessions, id } = await openSession()
      expect(await sessions.putAnswer(id, 'question', 'unasked')).toBe('refused')
      expect(await sessions.openQuestion(id, 'question')).toBe('opened')
      expect(await sessions.takeAnswer(id, 'question')).toBeUndefined()
      expect(await sessions.putAnswer(id, 'question', 'x'.repeat(sessionLimits.answerBytes + 1))).toBe(
        'refused',
      )
      const stored = await race((index) => sessions.putAnswer(id, 'question', `answer ${index}`))
      expect(stored).toEqual(
        new Map([
          ['stored', 1],
          ['refused', 49],
        ]),
      )
      const taken = await race(() => sessions.takeAnswer(id, 'question'))
      expect(taken.get(undefined)).toBe(49)
      expect(await sessions.putAnswer(id, 'question', 'late')).toBe('refused')
    })

    test('a question nobody waits for any more takes no answer', async () => {
      const { sessions, id } = await openSession()
      await sessions.openQuestion(id, 'question')
      await sessions.closeQuestion(id, 'question')
      await sessions.closeQuestion(id, 'question')
      expect(await sessions.putAnswer(id, 'question', 'late')).toBe('refused')
      expect(await sessions.openQuestion(id, 'question')).toBe('opened')
    })
  })
}
