/**
 * Files that the owner adds to a draft on its page. A message on a server cannot be changed (RFC 9051 §2.3.1.1): a new one
 * is put beside the old under the same Message-ID, its files are compared byte for byte with what was given, and then the old one goes
 * into the bin. It is shown again and asked about again, since it is another email now.
 */
import type { OutgoingAttachment, StoredDraft } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { KeptMailbox } from '../sending/kept-mailbox.ts'
import type { SendingCall } from '../sending/sending-call.ts'
import { binDraft, findDraft, maxStoredBytes, saveDraft } from '../sending/stored-draft.ts'

export type Added =
  | { readonly state: 'added'; readonly draft: StoredDraft }
  | { readonly state: 'too_large' }
  /** The mail server did not keep them as they were given. */
  | { readonly state: 'altered' }

export async function addFiles(
  call: SendingCall,
  { mailbox, opened }: { readonly mailbox: KeptMailbox; readonly opened: OpenedAccount },
  { raw, flags, ref }: StoredDraft,
  { files, messageId }: { readonly files: readonly OutgoingAttachment[]; readonly messageId: string },
): Promise<Added> {
  const { editStored, haveSameFiles } = await import('@email-connector/mail/editing')
  const edited = await editStored(raw, {
    addAttachments: files,
    date: new Date(call.now() * 1000),
    domain: opened.address.slice(opened.address.lastIndexOf('@') + 1),
  })
  if (edited.length > maxStoredBytes) return { state: 'too_large' }
  return await mailbox.run(async (session) => {
    const saved = await saveDraft(session, edited, { flags, messageId })
    // A server without UIDPLUS does not say where it is: then it has to be the newest under its Message-ID.
    if (saved.ref === undefined) await binDraft(session, ref)
    const draft = await findDraft(call, session, opened, { ref: saved.ref ?? ref })
    if (!haveSameFiles(draft.raw, edited)) return { state: 'altered' }
    if (saved.ref !== undefined) await binDraft(session, ref)
    return { state: 'added', draft }
  })
}
