/**
 * Sessions of the 2025 era: a stored `initialize`, and a row through which two processes that serve the same
 * session pass a server's question and the client's answer. Everything a client or server said but `initialize` is
 * sealed by the caller under K_hint.
 */
import type { EpochSeconds } from '@email-connector/oauth'

/** A session is one DynamoDB item (400 KB): queue, answers and `initialize` must fit in it together. */
export const sessionLimits = {
  queuedMessages: 100,
  /** Characters of sealed text, which is ASCII. */
  queuedBytes: 256 * 1024,
  openQuestions: 8,
  answerBytes: 12 * 1024,
} as const

export interface Session {
  readonly v: 1
  readonly id: string
  readonly grantId: string
  /** JSON of the client's `initialize` request. */
  readonly initialize: string
  readonly touchedAt: EpochSeconds
  /** Set by DELETE: the row stays as a tombstone. */
  readonly closed?: true
  readonly expiresAt: EpochSeconds
}

export interface SessionStore {
  createSession(session: Session): Promise<void>
  findSession(id: string): Promise<Session | undefined>
  /** Moves `touchedAt` and `expiresAt` on; refused when closed, gone, or `touchedAt` is no longer `asRead`. */
  touchSession(change: {
    id: string
    asRead: EpochSeconds
    touchedAt: EpochSeconds
    expiresAt: EpochSeconds
    /** Drop queue and answers: a re-opened session starts empty. */
    reset?: boolean
  }): Promise<'touched' | 'refused'>
  /** Tombstone until `expiresAt`; queue and answers are dropped. */
  closeSession(id: string, expiresAt: EpochSeconds): Promise<'closed' | 'gone'>
  /** Appends a sealed message for the session's GET stream; refused past 100 messages or 256 KiB. */
  enqueue(id: string, sealed: string): Promise<'queued' | 'refused'>
  /** Takes all queued messages, oldest first; each is given to one caller. */
  drain(id: string): Promise<readonly string[]>
  /** Opens a question of the server; only an open question takes an answer. Refused past eight open ones. */
  openQuestion(id: string, questionId: string): Promise<'opened' | 'refused'>
  /** Stores the sealed answer to an open question, once; refused past 12 KiB. */
  putAnswer(id: string, questionId: string, sealed: string): Promise<'stored' | 'refused'>
  /** Takes the answer, if there is one, and closes the question. */
  takeAnswer(id: string, questionId: string): Promise<string | undefined>
  /** Forgets a question nobody waits for any more. */
  closeQuestion(id: string, questionId: string): Promise<void>
}
