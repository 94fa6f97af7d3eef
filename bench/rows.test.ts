/** What a list costs in a client's context: the tool on a real Dovecot, behind a real MCP client. */
import { findDovecot } from '@email-connector/testing'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, test } from 'vitest'
import { buildLetter } from './letters.ts'
import { withMailbox } from './open-mailbox.ts'

test.skipIf(!findDovecot())('R79: ten recent emails are at most 1,200 tokens in each form', () =>
  withMailbox(async ({ tools, put }) => {
    for (let n = 490; n <= 500; n++) await put('INBOX', buildLetter(n).raw.toString())
    const { structured, text } = await tools.call('get_recent_emails')
    expect(structured.emails).toHaveLength(10)
    // Most clients show a model one of the two; those that show both pay for both.
    expect(countTokens(text)).toBeLessThanOrEqual(1_200)
    expect(countTokens(JSON.stringify(structured))).toBeLessThanOrEqual(1_200)
    expect(countTokens(text) + countTokens(JSON.stringify(structured))).toBeLessThanOrEqual(2_100)
    const few = await tools.call('get_recent_emails', { limit: 4 })
    expect(few.structured.emails[0].preview.length).toBeGreaterThan(180)
  }),
)
