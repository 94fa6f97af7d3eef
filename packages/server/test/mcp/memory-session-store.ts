/** A session store in one process's memory, and a stand-in for the hint cipher: enough for the endpoint's own tests. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { HintCipher } from '../../src/mcp/session-mail.ts'
import type { Session, SessionStore } from '../../src/sessions/session-store.ts'

export function createMemorySessionStore(): SessionStore & { touches: number; dump(): string } {
  const sessions = new Map<string, Session>()
  const queues = new Map<string, string[]>()
  const questions = new Map<string, string | undefined>()
  const empty = (id: string) => {
    queues.set(id, [])
    for (const key of questions.keys()) if (key.startsWith(id)) questions.delete(key)
  }
  const store = {
    touches: 0,
    dump: () => JSON.stringify([...sessions, ...queues, ...questions]),
    async createSession(session: Session) {
      sessions.set(session.id, session)
      empty(session.id)
    },
    async findSession(id: string) {
      return sessions.get(id)
    },
    async touchSession(change: Parameters<SessionStore['touchSession']>[0]) {
      const session = sessions.get(change.id)
      if (session === undefined || session.closed || session.touchedAt !== change.asRead)
        return 'refused' as const
      store.touches += 1
      sessions.set(change.id, { ...session, touchedAt: change.touchedAt, expiresAt: change.expiresAt })
      if (change.reset) empty(change.id)
      return 'touched' as const
    },
    async closeSession(id: string, expiresAt: number) {
      const session = sessions.get(id)
      if (session === undefined || session.closed) return 'gone' as const
      sessions.set(id, { ...session, closed: true, expiresAt })
      empty(id)
      return 'closed' as const
    },
    async enqueue(id: string, sealed: string) {
      const queue = queues.get(id)
      if (queue === undefined || queue.length >= 100) return 'refused' as const
      queue.push(sealed)
      return 'queued' as const
    },
    async drain(id: string) {
      return queues.get(id)?.splice(0) ?? []
    },
    async openQuestion(id: string, questionId: string) {
      if (sessions.get(id)?.closed !== undefined) return 'refused' as const
      questions.set(id + questionId, undefined)
      return 'opened' as const
    },
    async putAnswer(id: string, questionId: string, sealed: string) {
      const key = id + questionId
      if (!questions.has(key) || questions.get(key) !== undefined) return 'refused' as const
      questions.set(key, sealed)
      return 'stored' as const
    },
    async takeAnswer(id: string, questionId: string) {
      const sealed = questions.get(id + questionId)
      if (sealed !== undefined) questions.delete(id + questionId)
      return sealed
    },
    async closeQuestion(id: string, questionId: string) {
      questions.delete(id + questionId)
    },
  }
  return store
}

export function createTestCipher(secret: Uint8Array): HintCipher {
  return {
    seal(purpose, grantId, plain) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(`${purpose} ${grantId}`))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
    },
    open(purpose, grantId, sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      const cipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12))
      cipher.setAAD(Buffer.from(`${purpose} ${grantId}`)).setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()])
    },
  }
}
