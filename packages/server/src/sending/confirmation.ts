/**
 * R52: before an email goes out, the person at a client that can ask is shown it and says yes or no. The tool answers
 * with a question and a sealed state; the client comes back with both (2026-07-28; in the 2025 era the SDK asks over the
 * session and comes back by itself). The state opens for its grant alone, once, for five minutes, and holds a MAC of the
 * message: a yes to one email sends no other. It guards against a model that was talked into sending, not against a
 * client that lies about what its user said. A client that cannot ask sends without: the owner granted that.
 */
import { randomBytes } from 'node:crypto'
import { type MailAddress, removeInvisible } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { SealBrokenError } from '../keys/seal.ts'
import { createHintCipher } from '../keys/token-cipher.ts'
import type { ToolCall, ToolQuestion } from '../tool-call/tool.ts'
import { sliceWhole, toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import { type ShownMessage, toRecipientLines } from './outgoing.ts'
import { toContentMac } from './send-rows.ts'

const purpose = 'confirmation'
const lifeSeconds = 300
/** Enough to recognise an email by; more is a dialogue nobody reads. */
const shownBodyChars = 2000

const stored = z.object({ id: z.string(), accountId: z.string(), content: z.string(), expiresAt: z.number() })

/** A question to answer with, or undefined: go on. Throws `declined` or `not_confirmed`; then nothing is sent. */
export async function confirm(
  call: Pick<ToolCall, 'asking' | 'caller' | 'once' | 'now'>,
  { opened, shown }: { opened: Pick<OpenedAccount, 'accountId'>; shown: ShownMessage },
  content: readonly string[],
  known?: readonly MailAddress[],
): Promise<ToolQuestion | undefined> {
  const { asking, caller } = call
  if (!asking.canAsk) return undefined
  const { accountId } = opened
  const mac = toContentMac(caller.secret, content)
  if (asking.state === undefined) {
    const expiresAt = call.now() + lifeSeconds
    const state = { id: randomBytes(16).toString('hex'), accountId, content: mac, expiresAt }
    const plain = Buffer.from(JSON.stringify(state), 'utf8')
    const sealed = createHintCipher(caller.secret).seal(purpose, caller.grantId, plain)
    return { question: toQuestion(shown, known), state: sealed }
  }
  const state = openState(call, asking.state)
  if (state === undefined || state.accountId !== accountId || state.content !== mac) {
    throw notConfirmed('The confirmation belongs to another email')
  }
  if (state.expiresAt <= call.now()) throw notConfirmed('The confirmation is older than five minutes')
  // A no uses it up as well: whoever kept the state cannot turn it into a yes.
  if (!(await call.once.useOnce(`confirm#${state.id}`, state.expiresAt))) {
    throw notConfirmed('The confirmation was used before')
  }
  if (asking.answer === 'decline') {
    throw new ToolError('declined', 'The user said no: this email was not sent.')
  }
  // Clients that nobody watches answer `cancel` by themselves; a dialogue that is closed says no more.
  if (asking.answer !== 'accept') throw notConfirmed('Nobody confirmed this email')
  return undefined
}

function openState(
  { caller }: Pick<ToolCall, 'caller'>,
  sealed: string,
): z.output<typeof stored> | undefined {
  try {
    const plain = createHintCipher(caller.secret).open(purpose, caller.grantId, sealed)
    return stored.parse(JSON.parse(Buffer.from(plain).toString('utf8')))
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

function notConfirmed(reason: string): ToolError {
  return new ToolError(
    'not_confirmed',
    `${reason}: nothing was sent by this call. A new call asks again; draft_email keeps it for the owner.`,
  )
}

/** Every recipient and attachment; of the text as much as a dialogue holds, last, where it can imitate nothing. */
function toQuestion(shown: ShownMessage, known: readonly MailAddress[] | undefined): string {
  const { from, subject, body, attachments } = shown
  const text = removeInvisible(body).text.trim()
  const lines = [
    'Send this email?',
    `From: ${from.address}`,
    toRecipientLines(shown),
    toNewRecipients(shown, known),
    `Subject: ${toLine(subject, 998)}`,
    attachments.map((one) => `Attachment: ${toLine(one.filename, 200)}, ${one.size} bytes`),
    '',
    sliceWhole(text, shownBodyChars),
    text.length > shownBodyChars ? `[${text.length - shownBodyChars} more characters]` : [],
  ]
  return lines.flat().join('\n')
}

/**
 * A reply that goes to none of those who wrote or got the email may be one that a Reply-To, or a text, led astray. For
 * other emails it would take a search of Sent for every recipient.
 */
function toNewRecipients({ to, cc, bcc }: ShownMessage, known: readonly MailAddress[] | undefined): string[] {
  if (known === undefined) return []
  const seen = new Set(known.map((one) => one.address.toLowerCase()))
  const strangers = [...to, ...cc, ...bcc].filter((one) => !seen.has(one.address.toLowerCase()))
  return strangers.map((one) => `New recipient, not in the email this answers: ${one.address}`)
}
