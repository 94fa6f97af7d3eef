/** Sessions in the local store, with their queue and open questions inside the row. */
import type { Session, SessionStore } from '../session-store.ts'
import { sessionLimits } from '../session-store.ts'
import type { Change, RowDatabase } from './rows.ts'

interface SessionRow extends Session {
  readonly queue: readonly string[]
  /** Open questions; null until the answer is there. */
  readonly questions: Readonly<Record<string, string | null>>
}

const emptied = { queue: [], questions: {} }

export function createSessionTable(database: RowDatabase): SessionStore {
  const sessions = database.table<SessionRow>('session')

  const changeOpen = <Answer>(
    id: string,
    otherwise: Answer,
    decide: (row: SessionRow) => Change<SessionRow, Answer> | undefined,
  ): Promise<Answer> =>
    sessions.change(id, (row) => (row && !row.closed && decide(row)) || { answer: otherwise })

  return {
    createSession: (session) =>
      sessions.change(session.id, (row) => {
        if (row) throw new Error('A session with that id exists')
        return { row: { ...session, ...emptied }, answer: undefined }
      }),

    async findSession(id) {
      const row = await sessions.find(id)
      if (row === undefined) return undefined
      const { queue: _queue, questions: _questions, ...session } = row
      return session
    },

    touchSession: ({ id, asRead, touchedAt, expiresAt, reset }) =>
      changeOpen<'touched' | 'refused'>(id, 'refused', (row) =>
        row.touchedAt === asRead
          ? { row: { ...row, touchedAt, expiresAt, ...(reset && emptied) }, answer: 'touched' }
          : undefined,
      ),

    closeSession: (id, expiresAt) =>
      changeOpen<'closed' | 'gone'>(id, 'gone', (row) => ({
        row: { ...row, closed: true, expiresAt, ...emptied },
        answer: 'closed',
      })),

    enqueue: (id, sealed) =>
      changeOpen<'queued' | 'refused'>(id, 'refused', (row) => {
        const bytes = row.queue.reduce((sum, message) => sum + message.length, sealed.length)
        if (row.queue.length >= sessionLimits.queuedMessages || bytes > sessionLimits.queuedBytes)
          return undefined
        return { row: { ...row, queue: [...row.queue, sealed] }, answer: 'queued' }
      }),

    drain: (id) =>
      changeOpen<readonly string[]>(id, [], (row) =>
        row.queue.length === 0 ? undefined : { row: { ...row, queue: [] }, answer: row.queue },
      ),

    openQuestion: (id, questionId) =>
      changeOpen<'opened' | 'refused'>(id, 'refused', (row) =>
        Object.hasOwn(row.questions, questionId) ||
        Object.keys(row.questions).length >= sessionLimits.openQuestions
          ? undefined
          : { row: { ...row, questions: { ...row.questions, [questionId]: null } }, answer: 'opened' },
      ),

    putAnswer: (id, questionId, sealed) =>
      changeOpen<'stored' | 'refused'>(id, 'refused', (row) =>
        row.questions[questionId] === null && sealed.length <= sessionLimits.answerBytes
          ? { row: { ...row, questions: { ...row.questions, [questionId]: sealed } }, answer: 'stored' }
          : undefined,
      ),

    takeAnswer: (id, questionId) =>
      changeOpen<string | undefined>(id, undefined, (row) => {
        const { [questionId]: answer, ...questions } = row.questions
        return typeof answer === 'string' ? { row: { ...row, questions }, answer } : undefined
      }),

    closeQuestion: (id, questionId) =>
      changeOpen<void>(id, undefined, (row) => {
        const { [questionId]: _, ...questions } = row.questions
        return { row: { ...row, questions }, answer: undefined }
      }),
  }
}
