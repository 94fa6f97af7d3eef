/** The sessions table: one item per session, its queue and open questions inside it. */
import type { Session, SessionStore } from '../session-store.ts'
import { sessionLimits } from '../session-store.ts'
import type { Item } from './attributes.ts'
import { readNumber, readText, readTexts } from './attributes.ts'
import type { Table } from './table.ts'

const sessionKey = (id: string) => ({ pk: `session#${id}` })
const isOpen = 'attribute_exists(#pk) AND attribute_not_exists(#closed)'
/** An open question without its answer; sealed text is never empty. */
const unanswered = ''

export function createSessionTable(table: Table): SessionStore {
  return {
    async createSession(session) {
      const { outcome } = await table.create(sessionKey(session.id), {
        ...session,
        queue: [],
        queuedBytes: 0,
        questions: {},
      })
      if (outcome === 'refused') throw new Error('A session with that id exists')
    },

    async findSession(id) {
      const item = await table.get(sessionKey(id))
      return item && toSession(item)
    },

    async touchSession({ id, asRead, touchedAt, expiresAt, reset }) {
      const { outcome } = await table.update(sessionKey(id), {
        set: `#touchedAt = :touched, #expiresAt = :expires${reset ? ', #queue = :none, #queuedBytes = :zero, #questions = :empty' : ''}`,
        condition: `${isOpen} AND #touchedAt = :asRead`,
        values: {
          ':touched': touchedAt,
          ':expires': expiresAt,
          ':asRead': asRead,
          ...(reset && { ':none': [], ':zero': 0, ':empty': {} }),
        },
      })
      return outcome === 'written' ? 'touched' : 'refused'
    },

    async closeSession(id, expiresAt) {
      const { outcome } = await table.update(sessionKey(id), {
        set: '#closed = :true, #expiresAt = :expires, #queue = :none, #queuedBytes = :zero, #questions = :empty',
        condition: isOpen,
        values: { ':true': true, ':expires': expiresAt, ':none': [], ':zero': 0, ':empty': {} },
      })
      return outcome === 'written' ? 'closed' : 'gone'
    },

    async enqueue(id, sealed) {
      const { outcome } = await table.update(sessionKey(id), {
        set: '#queue = list_append(#queue, :message), #queuedBytes = #queuedBytes + :bytes',
        condition: `${isOpen} AND size(#queue) < :most AND #queuedBytes <= :room`,
        values: {
          ':message': [sealed],
          ':bytes': sealed.length,
          ':most': sessionLimits.queuedMessages,
          ':room': sessionLimits.queuedBytes - sealed.length,
        },
      })
      return outcome === 'written' ? 'queued' : 'refused'
    },

    async drain(id) {
      const result = await table.update(sessionKey(id), {
        set: '#queue = :none, #queuedBytes = :zero',
        condition: isOpen,
        values: { ':none': [], ':zero': 0 },
        answer: 'UPDATED_OLD',
      })
      return result.outcome === 'written' ? readTexts(result.item, 'queue') : []
    },

    async openQuestion(id, questionId) {
      const { outcome } = await table.update(sessionKey(id), {
        set: '#questions.#question = :unanswered',
        condition: `${isOpen} AND attribute_not_exists(#questions.#question) AND size(#questions) < :most`,
        names: { '#question': questionId },
        values: { ':unanswered': unanswered, ':most': sessionLimits.openQuestions },
      })
      return outcome === 'written' ? 'opened' : 'refused'
    },

    async putAnswer(id, questionId, sealed) {
      if (sealed.length > sessionLimits.answerBytes) return 'refused'
      const { outcome } = await table.update(sessionKey(id), {
        set: '#questions.#question = :answer',
        condition: `${isOpen} AND #questions.#question = :unanswered`,
        names: { '#question': questionId },
        values: { ':answer': sealed, ':unanswered': unanswered },
      })
      return outcome === 'written' ? 'stored' : 'refused'
    },

    async takeAnswer(id, questionId) {
      const result = await table.update(sessionKey(id), {
        remove: '#questions.#question',
        condition: `${isOpen} AND attribute_exists(#questions.#question) AND #questions.#question <> :unanswered`,
        names: { '#question': questionId },
        values: { ':unanswered': unanswered },
        answer: 'UPDATED_OLD',
      })
      return result.outcome === 'written' ? result.item.questions?.M?.[questionId]?.S : undefined
    },

    async closeQuestion(id, questionId) {
      await table.update(sessionKey(id), {
        remove: '#questions.#question',
        condition: isOpen,
        names: { '#question': questionId },
      })
    },
  }
}

function toSession(item: Item): Session {
  return {
    v: 1,
    id: readText(item, 'id'),
    grantId: readText(item, 'grantId'),
    initialize: readText(item, 'initialize'),
    touchedAt: readNumber(item, 'touchedAt'),
    ...(item.closed?.BOOL === true && { closed: true }),
    expiresAt: readNumber(item, 'expiresAt'),
  }
}
