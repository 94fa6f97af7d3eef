/**
 * When a session of the 2025 era lives. It belongs to a grant; it sleeps after 30 idle minutes and loses queue and
 * questions; a POST of the same grant wakes it within a day of its last use, because several clients never initialize
 * again. Unknown, foreign, closed and dead look alike: not found. A GET neither wakes nor extends it: clients
 * reconnect streams automatically, which is not activity.
 */
import { randomBytes } from 'node:crypto'
import type { EpochSeconds } from '@email-connector/oauth'
import type { Caller } from '../caller.ts'
import type { Session, SessionStore } from '../store/session-store.ts'

const idleSeconds = 30 * 60
const reopenSeconds = 24 * 60 * 60
/** A touch is a write: at most one a minute. */
const touchSeconds = 60

const sessionIdForm = /^[0-9a-f]{64}$/

export interface SessionRules {
  /** A new session for this `initialize` request. */
  create(caller: Caller, initialize: string): Promise<string>
  /** For a POST: prolongs the session, or re-opens it from its `initialize`. */
  enter(id: string, caller: Caller): Promise<Session | undefined>
  /** For a GET: only a session that is awake. */
  findAwake(id: string, caller: Caller): Promise<Session | undefined>
  close(id: string, caller: Caller): Promise<'closed' | 'gone'>
}

export function createSessionRules(sessions: SessionStore, now: () => EpochSeconds): SessionRules {
  async function find(id: string, caller: Caller): Promise<Session | undefined> {
    if (!sessionIdForm.test(id)) return undefined
    const session = await sessions.findSession(id)
    if (session === undefined || session.closed || session.grantId !== caller.grantId) return undefined
    // The table forgets late: the row's own expiry decides (R31).
    return session.expiresAt > now() ? session : undefined
  }

  const idleFor = (session: Session) => now() - session.touchedAt

  async function enter(id: string, caller: Caller): Promise<Session | undefined> {
    const session = await find(id, caller)
    if (session === undefined || idleFor(session) < touchSeconds) return session
    const touchedAt = now()
    const touched = await sessions.touchSession({
      id,
      asRead: session.touchedAt,
      touchedAt,
      expiresAt: touchedAt + reopenSeconds,
      reset: idleFor(session) >= idleSeconds,
    })
    if (touched === 'touched') return { ...session, touchedAt }
    // Another request was first: it touched the session, which serves this one too, or closed it.
    const again = await find(id, caller)
    return again !== undefined && idleFor(again) < idleSeconds ? again : undefined
  }

  return {
    enter,
    async create(caller, initialize) {
      const id = randomBytes(32).toString('hex')
      const touchedAt = now()
      const expiresAt = touchedAt + reopenSeconds
      await sessions.createSession({ v: 1, id, grantId: caller.grantId, initialize, touchedAt, expiresAt })
      return id
    },
    async findAwake(id, caller) {
      const session = await find(id, caller)
      return session !== undefined && idleFor(session) < idleSeconds ? session : undefined
    },
    async close(id, caller) {
      if ((await find(id, caller)) === undefined) return 'gone'
      return sessions.closeSession(id, now() + reopenSeconds)
    },
  }
}
