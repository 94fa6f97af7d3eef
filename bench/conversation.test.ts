/** What a conversation costs in a client's context: the tool on a real Dovecot, behind a real MCP client. */
import { findDovecot } from '@email-connector/testing'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, test } from 'vitest'
import { withMailbox } from './open-mailbox.ts'

const day = (n: number) => new Date(Date.UTC(2026, 9, n, 9))
const own = (n: number) =>
  `Reply ${n} goes through the figures once more. They agree with what we discussed on ${day(n).toDateString()}; the delivery in March and the price of the second part are still open. I would ask the supplier about both before Friday, and write down what they say.`

/** Each quotes all that was said before, as most programs do. */
function conversation(length: number): string[] {
  let before = ''
  return Array.from({ length }, (_, at) => {
    const n = at + 1
    const attribution = `On ${day(at).toDateString()}, Ann <ann@elsewhere.example> wrote:`
    const quote = before === '' ? [] : ['', attribution, before.replaceAll(/^/gm, '> ')]
    before = [own(n), ...quote].join('\r\n')
    return [
      `From: ${n % 2 === 0 ? 'Ann Archer <ann@elsewhere.example>' : 'Alice <alice@test.example>'}`,
      'To: alice@test.example',
      `Subject: ${n === 1 ? '' : 'Re: '}Figures`,
      `Date: ${day(n).toUTCString().replace('GMT', '+0000')}`,
      `Message-ID: <figures-${n}@elsewhere.example>`,
      ...(n === 1 ? [] : [`In-Reply-To: <figures-${at}@elsewhere.example>`]),
      '',
      before,
      '',
    ].join('\r\n')
  })
}

test.skipIf(!findDovecot())(
  'a conversation of eight is at most 4,000 tokens, each email with its own words',
  () =>
    withMailbox(async ({ tools, put }) => {
      for (const [at, raw] of conversation(8).entries()) await put(at % 2 === 0 ? 'Sent' : 'INBOX', raw)
      const [newest] = (await tools.call('get_recent_emails')).structured.emails
      const { structured, text } = await tools.call('get_thread', { id: newest.id })
      expect(structured.emails.map(({ body }: { body: string }) => body)).toEqual(
        [1, 2, 3, 4, 5, 6, 7, 8].map(own),
      )
      expect(countTokens(text) + countTokens(JSON.stringify(structured))).toBeLessThanOrEqual(4_000)
      const shown = await tools.call('get_thread', { id: newest.id, quotes: 'shown' })
      expect(shown.text).toContain('> Reply 1')
    }),
)
