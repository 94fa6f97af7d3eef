/**
 * A draft as the owner's page shows it: whom it goes to with the notes of the question, each text in its forms, a line for
 * each file; and whether it may be sent from here. What is not shown whole is not sent from here.
 */
import {
  finishStored,
  MailError,
  readStoredHeaders,
  type StoredDraft,
  type StoredHeaders,
} from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { LinkedMailbox } from '../accounts/linked-mailbox.ts'
import type { ReviewSubject } from '../accounts/review-link.ts'
import { permits } from '../caller.ts'
import type { NoSending, ReviewedDraft } from '../pages/review-page.ts'
import { orNothing } from '../sending/answered-mark.ts'
import type { KeptMailbox } from '../sending/kept-mailbox.ts'
import { ownOf } from '../sending/own-addresses.ts'
import { createPeople } from '../sending/people.ts'
import { toShownEmail, toShownText } from '../sending/question.ts'
import { hashOf } from '../sending/shown-hash.ts'
import type { Reviewed } from './approval.ts'

/** Nobody reads through more; a longer subject or more fields of a kind are cut by the question. */
const maxRecipients = 500
const maxSubjectChars = 998
const maxRedirects = 10
/** Far beyond what is shown: nothing is cut here. */
const everything = 1_000_000

/** What the approval is about. Nothing is rendered for it. */
export function toReviewed(linkId: string, draft: StoredDraft, maySend: boolean): Reviewed {
  return { linkId, ref: draft.ref, envelope: envelopeOf(draft.raw), hash: hashOf(draft), maySend }
}

/** As it will be given to the outgoing server; empty where nothing can be. */
function envelopeOf(raw: Buffer): Reviewed['envelope'] {
  const made = { date: new Date(0), messageId: '<none@invalid>' }
  return readOr(() => finishStored(raw, made).envelope) ?? { from: '', to: [] }
}

function readOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MailError && error.code === 'invalid_input') return undefined
    throw error
  }
}

export async function viewDraft(
  { permission }: Pick<LinkedMailbox<ReviewSubject>, 'permission'>,
  opened: OpenedAccount,
  { raw }: StoredDraft,
  { mailbox, deadlineMs }: { readonly mailbox: KeptMailbox; readonly deadlineMs: number },
): Promise<Omit<ReviewedDraft, 'form'>> {
  const headers = readOr(() => readStoredHeaders(raw))
  const writtenTo = headers && (await createPeople(mailbox, headers).writtenTo().catch(orNothing))
  const { showStored } = await import('@email-connector/mail/showing')
  const shown = await showStored(raw, { deadlineMs })
  const { from, ...rest } = headers ?? { from: [], to: [], cc: [], bcc: [], subject: '', redirects: [] }
  const message = { ...rest, from: from[0] ?? { address: '' }, body: '', attachments: shown.files }
  const texts = shown.texts.map(({ plain, html, ...more }) => ({
    ...more,
    ...(plain !== undefined && { plain: toShownText(plain, everything) }),
    ...(html && { html: { ...html, hidden: html.hidden.map((text) => toShownText(text, everything)) } }),
  }))
  const isWhole = shown.isWhole && headers !== undefined && isListedWhole(headers)
  return {
    email: toShownEmail(message, { writtenTo }),
    ...{ texts, isWhole, address: opened.address },
    mayChange: permits(permission, 'write'),
    noSending: permits(permission, 'send') ? whyNot(opened, headers, isWhole) : 'permission',
  }
}

function isListedWhole({ to, cc, bcc, subject, redirects }: StoredHeaders): boolean {
  return (
    to.length + cc.length + bcc.length <= maxRecipients &&
    subject.length <= maxSubjectChars &&
    redirects.length <= maxRedirects
  )
}

function whyNot(
  { account }: OpenedAccount,
  headers: StoredHeaders | undefined,
  isWhole: boolean,
): NoSending | undefined {
  if (headers === undefined) return 'unreadable'
  const { from, sender, to, cc, bcc } = headers
  if (from.length !== 1 || ![...from, ...sender].every(ownOf(account))) return 'not_own'
  if (to.length + cc.length + bcc.length === 0) return 'nobody'
  return isWhole ? undefined : 'not_whole'
}
