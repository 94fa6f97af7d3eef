import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCursor, toCursor } from '../../src/wire/cursor.ts'

const question = {
  tool: 'search_emails',
  accountId: 'a',
  parameters: { query: 'x', mailbox: 'INBOX', limit: 10 },
}

test('a cursor gives back what the mail operation said, also when limit and cursor differ', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (next) => {
      const cursor = toCursor(next, question)
      const again = { ...question, parameters: { mailbox: 'INBOX', query: 'x', limit: 50, cursor } }
      expect(parseCursor(cursor, again)).toBe(next)
    }),
  )
})

test('a cursor of another question is refused and names the field', () => {
  const cursor = toCursor('1.2.3', question)
  const others = [
    { ...question, tool: 'get_recent_emails' },
    { ...question, accountId: 'b' },
    { ...question, parameters: { ...question.parameters, query: 'y' } },
    { ...question, parameters: { ...question.parameters, unread: true } },
  ]
  for (const other of others) {
    expect(() => parseCursor(cursor, other)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'cursor' }),
    )
  }
})

test('a changed, cut or foreign cursor is refused', () => {
  const cursor = toCursor('1.2.3', question)
  for (const wrong of [
    '',
    'x',
    cursor.slice(0, 8),
    `${cursor}=`,
    `${cursor}!`,
    `A${cursor}`,
    'x'.repeat(9000),
  ]) {
    expect(() => parseCursor(wrong, question), wrong).toThrow(expect.objectContaining({ field: 'cursor' }))
  }
})
