/** Which subjects say already that they answer or forward. */
import { expect, test } from 'vitest'
import { toForwardSubject, toReplySubject } from '../../src/sending/subject-prefix.ts'

test.each([
  ...['Re: x', 'RE : x', 'Re[2]: x', 'Re(2): x', 'Re^2: x', 'Re-2: x', 'AW: x', 'Antwort: x', 'Antw: x'],
  ...['RÉ : x', 'Re\u0301 : x', 'Réf. : x', 'Rép : x', 'Odp.: x', 'Odp: x', 'Odg: x', 'Отв: x', 'Trả lời: x'],
  ...['返信: x', '回复：x', '회신: x', '답장: x', 'رد: x', 'SV: x', 'R: x'],
])('%j is answered as it is', (subject) => {
  expect(toReplySubject(subject)).toBe(subject)
})

test.each([
  ...['x', 'Reply: x', 'Answer: x', 'Re x', 'Réf : 12', 'Re-2026: x', 'Odpověď', 'Fwd: x', 'Antworten: x'],
])('%j gets its Re:', (subject) => {
  expect(toReplySubject(subject)).toBe(`Re: ${subject}`)
})

test.each(['Fwd: x', 'Fw: x', 'WG: x', 'TR : x', '転送: x', '转发：x', 'FW[2]: x'])(
  '%j is forwarded as it is',
  (subject) => {
    expect(toForwardSubject(subject)).toBe(subject)
  },
)

test('an answer is forwarded with a Fwd: of its own', () => {
  expect(toForwardSubject('Re: x')).toBe('Fwd: Re: x')
})
