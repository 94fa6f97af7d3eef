/**
 * `/review`: one draft, held or not, for its owner to read as it will go out, to add files to, and to send, keep or discard.
 * It works behind a link, in one paired browser. Every form fetches the draft again and compares it with what was shown;
 * the ledger decides which of several answers sends, and the grant's leash is read once more right before DATA.
 */
import { type StoredDraft, toDraftTag } from '@email-connector/mail'
import { isSameOrigin } from '@email-connector/oauth'
import { type AuditEnd, createCallAudit } from '../accounts/audit.ts'
import { GrantGoneError, type OpenedAccount } from '../accounts/grant-accounts.ts'
import type { FindLink, LinkedMailbox } from '../accounts/linked-mailbox.ts'
import { parseLinkField } from '../accounts/one-time-link.ts'
import { SettingsRefusedError } from '../accounts/owner-settings.ts'
import { type ReviewSubject, reviewSubject } from '../accounts/review-link.ts'
import { permits } from '../caller.ts'
import { findOutage } from '../http/outages.ts'
import { hashGrantId, type Log } from '../log.ts'
import { reviewDonePage, reviewStoppedPage } from '../pages/review-ended-page.ts'
import { reviewLinkPage, reviewPage } from '../pages/review-page.ts'
import { unpairedPage } from '../pages/unpaired-page.ts'
import { type Decision, decideDraft, lookAtDraft } from '../sending/decide-draft.ts'
import type { Delivery } from '../sending/delivery.ts'
import { withEarlySubmission } from '../sending/early-submission.ts'
import { type KeptMailbox, withKeptMailbox } from '../sending/kept-mailbox.ts'
import type { SendingCall } from '../sending/sending-call.ts'
import type { AuditStore } from '../store/audit-store.ts'
import { addFiles } from './add-files.ts'
import { isApproval, toApproval } from './approval.ts'
import { toReviewed, viewDraft } from './draft-view.ts'
import { createOwnerCall, type OwnerSurroundings, toOpenedAccount } from './owner-call.ts'
import { parseReviewForm, type ReviewForm } from './review-form.ts'
import { stopOfReview } from './review-stops.ts'

/** GET is a page like any other (pages/review-page.ts). */
export interface Review {
  /** POST /review */
  post(request: Request): Promise<Response>
}

const kind = { type: 'review', subject: reviewSubject } as const

/** One answer at work. */
interface Work {
  readonly mailbox: LinkedMailbox<ReviewSubject>
  readonly token: string
  readonly call: SendingCall
  readonly opened: OpenedAccount
}

export function createReview(
  options: Omit<OwnerSurroundings, 'deadlineMs'> & {
    readonly findLink: FindLink
    readonly audit: AuditStore
    /** Of the files that one form may add. */
    readonly uploadBytes: number
    readonly log: Log
  },
): Review {
  const { publicUrl, findLink, now, log } = options
  const surroundings = { ...options, deadlineMs: reviewMs }

  return {
    async post(request) {
      if (!isSameOrigin(request, publicUrl)) return reviewStoppedPage('ended')
      const form = await parseReviewForm(request)
      const token = parseLinkField(form?.fields.get('link'))
      if (form === undefined || token === undefined) return reviewLinkPage({ isFaulty: true })
      try {
        const found = await findLink(kind, token, request)
        if (found.state === 'unpaired') return unpairedPage('/review', token)
        if (found.state === 'ended') return reviewStoppedPage('ended')
        const { mailbox } = found
        return await answer(mailbox, token, form, request.signal).finally(mailbox.close)
      } catch (error) {
        return stopOfReview(error, log)
      }
    },
  }

  async function answer(
    mailbox: LinkedMailbox<ReviewSubject>,
    token: string,
    { fields, files }: ReviewForm,
    signal: AbortSignal,
  ): Promise<Response> {
    const action = fields.get('action')
    if (action === 'keep') return reviewDonePage({ state: 'kept' })
    if (action === 'add' && files.length > 0) return await add(mailbox, token, { fields, files }, signal)
    if (action !== 'send' && action !== 'discard') return await show(await open(mailbox, token, signal))
    if (!permits(mailbox.permission, action === 'send' ? 'send' : 'write'))
      return reviewStoppedPage('permission')
    return await audited(mailbox, `review_${action}`, async () => {
      const work = await open(mailbox, token, signal)
      return await decide(work, action, fields.get('approval'))
    })
  }

  async function open(
    mailbox: LinkedMailbox<ReviewSubject>,
    token: string,
    signal: AbortSignal,
  ): Promise<Work> {
    const { policyKey } = mailbox.subject
    const settings = mailbox.grantSettings(Uint8Array.from(Buffer.from(policyKey, 'hex')))
    // Nothing is done past a limit that cannot be read.
    if (settings === undefined) throw new SettingsRefusedError('The settings of the grant do not open')
    const account = await mailbox.open()
    const call = createOwnerCall(mailbox, surroundings, signal)
    return { mailbox, token, call, opened: toOpenedAccount(mailbox, account, settings) }
  }

  async function show(work: Work): Promise<Response> {
    const { call, opened, mailbox } = work
    return await withKeptMailbox(call, opened, async (kept) => {
      const looked = await lookAtDraft(call, { mailbox: kept, opened }, draftOf(mailbox.subject))
      if (looked.state === 'gone') return reviewStoppedPage('gone')
      if (looked.state === 'delivered') return toDone(looked.result.structured)
      return await showDraft(work, kept, looked.draft)
    })
  }

  async function showDraft(
    { mailbox, token, call, opened }: Work,
    kept: KeptMailbox,
    draft: StoredDraft,
    isChanged = false,
  ): Promise<Response> {
    const { deadlineMs = reviewMs } = call.mailDeps(renderShare)
    const view = await viewDraft(mailbox, opened, draft, { mailbox: kept, deadlineMs })
    const reviewed = toReviewed(mailbox.linkId, draft, view.noSending === undefined)
    const form = { token, approval: toApproval(mailbox.secret, reviewed) }
    return reviewPage({ ...view, form, isChanged, uploadMegabytes: options.uploadBytes / 1_000_000 })
  }

  async function decide(
    work: Work,
    action: 'send' | 'discard',
    approval: string | undefined,
  ): Promise<{ page: Response; end: AuditEnd }> {
    const { mailbox, opened } = work
    // The owner has decided: a browser that goes away no longer ends it.
    const call = work.call.toCompletion()
    const isShown = (draft: StoredDraft) => isApproved(mailbox, draft, approval, action === 'send')
    const assertMaySend = async () => {
      if (!(await mailbox.isGranted())) throw new GrantGoneError('The grant has ended')
    }
    return await withKeptMailbox(call, opened, (kept) =>
      withEarlySubmission(
        call,
        opened,
        async (early) => {
          const decision = {
            answer: action,
            draft: draftOf(mailbox.subject),
            isShown,
            assertMaySend,
            early,
          } as const
          const decided = await decideDraft(
            call,
            { mailbox: kept, opened },
            { ...decision, releasedBy: 'owner' },
          )
          switch (decided.state) {
            case 'delivered':
              return { page: toDone(decided.result.structured), end: { outcome: 'ok', count: 1 } }
            case 'changed':
              return { page: await showDraft(work, kept, decided.draft, true), end: { outcome: 'asked' } }
            case 'discarded':
              return { page: reviewDonePage({ state: 'discarded' }), end: { outcome: 'ok', count: 1 } }
            case 'kept':
              return { page: reviewDonePage({ state: 'not_discarded' }), end: { outcome: 'failed' } }
            case 'gone':
              return { page: reviewStoppedPage('gone'), end: { outcome: 'failed', code: 'stale_id' } }
          }
        },
        action === 'send',
      ),
    )
  }

  /** It is another email then, so that it is shown and asked about again. */
  async function add(
    mailbox: LinkedMailbox<ReviewSubject>,
    token: string,
    { fields, files }: ReviewForm,
    signal: AbortSignal,
  ): Promise<Response> {
    if (!permits(mailbox.permission, 'write')) return reviewStoppedPage('permission')
    return await audited(mailbox, 'review_add_files', async () => {
      const work = await open(mailbox, token, signal)
      const call = work.call.toCompletion()
      const { opened } = work
      return await withKeptMailbox(call, opened, async (kept) => {
        const places = { mailbox: kept, opened }
        const looked = await lookAtDraft(call, places, draftOf(mailbox.subject))
        if (looked.state === 'gone') return { page: reviewStoppedPage('gone'), end: { outcome: 'failed' } }
        if (looked.state === 'delivered')
          return { page: toDone(looked.result.structured), end: { outcome: 'failed' } }
        const { draft } = looked
        if (!isApproved(mailbox, draft, fields.get('approval'), false))
          return { page: await showDraft(work, kept, draft, true), end: { outcome: 'asked' } }
        const { messageId } = mailbox.subject
        const added = await addFiles(call, places, draft, { files, messageId })
        if (added.state !== 'added')
          return { page: reviewStoppedPage(added.state), end: { outcome: 'failed' } }
        return { page: await showDraft(work, kept, added.draft), end: { outcome: 'ok', count: 1 } }
      })
    })
  }

  /** Noted before anything changes, and how it ended. */
  async function audited(
    mailbox: LinkedMailbox<ReviewSubject>,
    tool: string,
    work: () => Promise<{ page: Response; end: AuditEnd }>,
  ): Promise<Response> {
    const { grantId } = mailbox.grant
    const caller = { grantId, secret: mailbox.secret }
    const audit = createCallAudit({ store: options.audit, caller, tool, changes: true, now })
    const noteEnd = async (end: AuditEnd) => {
      const failure = await audit.ended(end)
      if (failure !== undefined) log(findOutage(failure) ?? { event: 'unavailable', code: 'store' })
    }
    const note = (outcome: 'ok' | 'failed') => log({ event: 'review', outcome, grant: hashGrantId(grantId) })
    await audit.opened(mailbox.secret.accountId)
    try {
      const { page, end } = await work()
      await noteEnd(end)
      note(end.outcome === 'failed' ? 'failed' : 'ok')
      return page
    } catch (error) {
      await noteEnd({ outcome: 'failed' })
      note('failed')
      throw error
    }
  }
}

/** Below what every gateway and function gives. */
const reviewMs = 22_000
/** Of the time that is left, for laying it out. */
const renderShare = 0.5

/** Also where it is stored again under another number: its Message-ID stays. */
function draftOf({ messageId, ref, claim }: ReviewSubject): Decision['draft'] {
  const tagged = ref && { ...ref, draft: ref.draft ?? toDraftTag(messageId) }
  return { messageId, ref: tagged, claim }
}

/** `toSend`: only a page with a button that sends it counts. */
function isApproved(
  { secret, linkId }: LinkedMailbox<ReviewSubject>,
  draft: StoredDraft,
  approval: string | undefined,
  toSend: boolean,
): boolean {
  const shown = toSend ? [true] : [true, false]
  return shown.some((maySend) => isApproval(secret, toReviewed(linkId, draft, maySend), approval))
}

function toDone({ state, recipients, message, sent_copy, repeated }: Delivery): Response {
  if (state === 'held') return reviewStoppedPage('gone')
  return reviewDonePage({ state, recipients, message, hasCopy: sent_copy !== 'failed', repeated })
}
