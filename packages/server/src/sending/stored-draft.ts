/**
 * A draft that lies in Drafts, ours or another program's: found by any id it ever had, checked before it goes out, and
 * put into the bin once it is of no more use. What is sent is what is stored (R82); a message on a server cannot be
 * changed (RFC 9051 §2.3.1.1), so a changed draft is a new one under the same Message-ID.
 */
import {
  appendMessage,
  fetchDraft,
  fileMessages,
  findByMessageId,
  finishStored,
  getMessage,
  type ImapSession,
  MailError,
  type MessageBytes,
  type MessageRef,
  readStoredHeaders,
  type StoredDraft,
  type StoredHeaders,
  toDraftTag,
} from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { type NamedMessage, toEmailId, toRefName } from '../wire/email-id.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import { quoteUntrusted } from '../wire/untrusted.ts'
import type { KeptMailbox } from './kept-mailbox.ts'
import { allowsAttachments } from './limits.ts'
import { ownOf } from './own-addresses.ts'
import type { ReadyMessage } from './ready-message.ts'
import type { SendingCall } from './sending-call.ts'
import { hashOf } from './shown-hash.ts'

/** 25 MB of attachments, their base64, and the text. */
export const maxStoredBytes = 36 * 1024 * 1024
/** Of a draft, for the person who is asked. */
const maxShownChars = 100_000

/** Throws `stale_id` with the drafts that are there. */
export async function findDraft(
  call: SendingCall,
  session: ImapSession,
  { accountId }: OpenedAccount,
  { ref }: Pick<NamedMessage, 'ref'>,
): Promise<StoredDraft> {
  const found = await fetchDraft(session, ref, { maxBytes: maxStoredBytes }).catch((error: unknown) => {
    if (!(error instanceof MailError) || error.field !== 'id') throw error
    throw new ToolError('invalid_input', '"id" is not the id of a draft.', { field: 'id' })
  })
  if (!('candidates' in found)) return found
  const lines = found.candidates.map(
    (one) => `${toEmailId(accountId, one.ref)} ${toLine(one.subject, 100) || '(no subject)'}`,
  )
  const gone =
    'This draft is no longer in Drafts: sent, deleted, or stored by another program as another email.'
  const there = lines.length === 0 ? 'There are no drafts.' : 'Newest drafts, id and subject:'
  const listed = lines.length === 0 ? '' : `\n${quoteUntrusted(lines.join('\n'), call.makeMark)}`
  throw new ToolError('stale_id', `${gone} ${there}${listed}`, { field: 'id' })
}

/** What the ledger knows a draft by: its Message-ID, whatever its id is now; one without is its id. */
export function toDraftKeys({ id, ref }: { readonly id: string; readonly ref: MessageRef }): {
  readonly draftId: string
  /** The same for every grant of the mailbox. */
  readonly shared: readonly string[]
} {
  if (ref.draft === undefined) return { draftId: id, shared: [toRefName(id)] }
  const draftId = `draft ${ref.draft}`
  return { draftId, shared: [draftId] }
}

/** A draft by an id of it. */
export type NamedDraft = Pick<NamedMessage, 'id' | 'ref'>

/** Servers without UIDPLUS do not say where they put it. */
export async function nameDraft(
  mailbox: KeptMailbox,
  opened: OpenedAccount,
  { ref, messageId }: { readonly ref?: MessageRef | undefined; readonly messageId: string },
): Promise<NamedDraft | undefined> {
  const found = ref ?? (await mailbox.run((session) => findByMessageId(session, 'drafts', messageId)))
  if (found === undefined) return undefined
  const { accountId } = opened
  const tagged = ref ?? { ...found, draft: toDraftTag(messageId) }
  return { id: toEmailId(accountId, tagged), ref: tagged }
}

export interface ReadDraft {
  readonly ready: ReadyMessage
  readonly draft: StoredDraft
}

/** `released`: the hash of the bytes that were shown and released. */
export async function readDraft(
  call: SendingCall,
  mailbox: KeptMailbox,
  opened: OpenedAccount,
  named: NamedDraft,
  released?: string,
): Promise<ReadDraft> {
  return await mailbox.run(async (session) => {
    const draft = await findDraft(call, session, opened, named)
    const ready = await readyDraft(call, session, opened, { id: named.id, draft }, released)
    return { draft, ready }
  })
}

/** Throws `invalid_input` where it names nobody, or somebody else as its writer. */
export async function readyDraft(
  call: SendingCall,
  session: ImapSession,
  opened: OpenedAccount,
  { id, draft }: { readonly id: string; readonly draft: StoredDraft },
  /** The bytes that a person has seen and released: nobody is shown them again. */
  released?: string,
): Promise<ReadyMessage> {
  const headers = readHeaders(draft.raw)
  const [from] = headers.from
  if (from === undefined) throw notOwn('has no From', opened)
  const others = [...headers.from, ...headers.sender].filter((one) => !ownOf(opened.account)(one))
  if (others.length > 0) throw notOwn(`is from ${others.map(({ address }) => address).join(', ')}`, opened)
  if (headers.from.length > 1) throw notOwn('has two addresses in From', opened)
  const { to, cc, bcc, subject, messageId, redirects } = headers
  const { draftId, shared } = toDraftKeys({ id, ref: draft.ref })
  const hash = hashOf(draft)
  const isShown = (call.asking.canAsk || call.asking.showsCards) && hash !== released
  return {
    opened,
    shown: { from, to, cc, bcc, subject, redirects, ...(await readShown(session, opened, draft, isShown)) },
    content: ['stored', hash],
    stored: { draftId, hash, messageId, ref: draft.ref },
    shared,
    compose: async (made) => finishStored(draft.raw, made),
  }
}

/** Fetched only where a person is asked, or the owner lets no attachment out. */
async function readShown(
  session: ImapSession,
  opened: OpenedAccount,
  { ref }: StoredDraft,
  isShown: boolean,
) {
  if (!isShown && allowsAttachments(opened)) return { body: '', attachments: [] }
  const options = { format: 'text', offset: 0, maxChars: maxShownChars } as const
  const { body, attachments } = await getMessage(session, ref, options)
  const own = attachments.filter((part) => part.inPart === undefined)
  const files = own.map(({ filename, contentType, size }) => ({
    filename: filename ?? 'unnamed',
    contentType,
    size,
  }))
  return { body: body.text, attachments: files }
}

export function readHeaders(raw: Buffer): StoredHeaders {
  try {
    return readStoredHeaders(raw)
  } catch (error) {
    if (!(error instanceof MailError) || error.reason === undefined) throw error
    const field = error.field ?? 'to'
    const sentence = `"${field}" of this draft holds what cannot be sent to. ${toLine(error.reason, 1_000)}. Give update_draft the right "${field}".`
    throw new ToolError('invalid_input', sentence, { field, cause: error })
  }
}

function notOwn(fault: string, { account }: OpenedAccount): ToolError {
  const own = [account.address, ...account.aliases].join(', ')
  const sentence = `This draft ${toLine(fault, 300)}, so it was not sent. update_draft with "from" makes it one of this account: ${own}.`
  return new ToolError('invalid_input', sentence, { field: 'from' })
}

/** Bcc stays in a draft: the program that sends it later has to know. */
export async function saveDraft(
  session: ImapSession,
  raw: Buffer | MessageBytes,
  { messageId, flags = [] }: { readonly messageId: string; readonly flags?: readonly string[] },
): Promise<{ ref: MessageRef | undefined; mailbox: string }> {
  const kept = flags.filter((flag) => !/^\\(?:deleted|recent|draft|seen)$/i.test(flag))
  const options = { mailbox: 'drafts', raw, flags: ['\\Draft', '\\Seen', ...kept] } as const
  const { mailbox, ref } = await appendMessage(session, options)
  return { ref: ref && { ...ref, draft: toDraftTag(messageId) }, mailbox }
}

/** Its replacement is already stored, so failing to bin the old draft is not an error. */
export async function binDraft(session: ImapSession, ref: MessageRef): Promise<'in_bin' | 'kept' | 'gone'> {
  try {
    const [outcome] = await fileMessages(session, [ref], 'trash')
    if (outcome?.ok === true) return 'in_bin'
    return outcome?.code === 'message_not_found' ? 'gone' : 'kept'
  } catch (error) {
    if (error instanceof MailError) return 'kept'
    throw error
  }
}
