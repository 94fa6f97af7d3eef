/**
 * What passes between the processes that serve one session: messages for its GET stream, and a server's questions
 * with the client's answers. All of it is sealed under the caller's hint key and bound to session and question, so a
 * row moved elsewhere does not open.
 */
import { randomBytes } from 'node:crypto'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { parseJSONRPCMessage } from '@modelcontextprotocol/server'
import type { Caller } from '../caller.ts'
import type { HintCipher } from '../keys/token-cipher.ts'
import { type SessionStore, sessionLimits } from '../store/session-store.ts'

/** The form of a question's id on the wire: random, so that two processes never ask under the same one. */
const questionIdForm = /^[0-9a-f]{32}$/

export interface SessionMail {
  enqueue(message: JSONRPCMessage): Promise<'queued' | 'refused'>
  drain(): Promise<readonly JSONRPCMessage[]>
  /** The id to ask under; undefined when the session takes no question. */
  openQuestion(): Promise<string | undefined>
  putAnswer(questionId: unknown, answer: JSONRPCMessage): Promise<'stored' | 'refused' | 'too large'>
  takeAnswer(questionId: string): Promise<JSONRPCMessage | undefined>
  closeQuestion(questionId: string): Promise<void>
}

export function createSessionMail(options: {
  sessions: SessionStore
  sessionId: string
  caller: Caller
  cipher: HintCipher
}): SessionMail {
  const { sessions, sessionId, caller, cipher } = options

  function seal(message: JSONRPCMessage, questionId?: string): string {
    const plain = JSON.stringify({ sessionId, questionId, message })
    return cipher.seal('session', caller.grantId, new TextEncoder().encode(plain))
  }

  function open(sealed: string, questionId?: string): JSONRPCMessage {
    const plain = new TextDecoder().decode(cipher.open('session', caller.grantId, sealed))
    const letter: { sessionId?: unknown; questionId?: unknown; message?: unknown } = JSON.parse(plain)
    if (letter.sessionId !== sessionId || letter.questionId !== questionId) {
      throw new Error('A sealed message belongs to another session or question')
    }
    return parseJSONRPCMessage(letter.message)
  }

  return {
    enqueue: (message) => sessions.enqueue(sessionId, seal(message)),
    drain: async () => (await sessions.drain(sessionId)).map((sealed) => open(sealed)),
    async openQuestion() {
      const questionId = randomBytes(16).toString('hex')
      return (await sessions.openQuestion(sessionId, questionId)) === 'opened' ? questionId : undefined
    },
    async putAnswer(questionId, answer) {
      if (typeof questionId !== 'string' || !questionIdForm.test(questionId)) return 'refused'
      const sealed = seal(answer, questionId)
      if (sealed.length > sessionLimits.answerBytes) return 'too large'
      return sessions.putAnswer(sessionId, questionId, sealed)
    },
    async takeAnswer(questionId) {
      const sealed = await sessions.takeAnswer(sessionId, questionId)
      return sealed === undefined ? undefined : open(sealed, questionId)
    },
    closeQuestion: (questionId) => sessions.closeQuestion(sessionId, questionId),
  }
}
