/** IMAP, SMTP and MIME for one mailbox. Every function throws only MailError; anything else is a bug. */
export type {
  MailAccount,
  MailCredential,
  MailServer,
  ProviderId,
  TlsMode,
  TokenMechanism,
} from './account.ts'
export { type ReadAddress, readAddress } from './address.ts'
export { breakMarkup } from './body-text/break-markup.ts'
export { escapeText } from './body-text/escape-text.ts'
export { removeInvisible } from './body-text/invisible-characters.ts'
export { neutraliseLinks } from './body-text/links.ts'
export { readsAsAnother } from './body-text/look-alike.ts'
export { type ForPeople, renderForPeople } from './body-text/render-for-people.ts'
export { type Appended, appendMessage } from './changing/append.ts'
export { assertFlagNames, toFlagChange } from './changing/flag-names.ts'
export { setFlags } from './changing/flags.ts'
export { type Mark, markMessage } from './changing/mark.ts'
export { fileMessages, moveMessages } from './changing/move.ts'
export type { FlagChange, RefOutcome } from './changing/refs-by-mailbox.ts'
export {
  type NoUndo,
  planUndo,
  type UndoOutcome,
  type UndoPlan,
  type UndoStep,
  undoChanges,
} from './changing/undo.ts'
export { readAddressList, toFaultText } from './composing/address-list.ts'
export type { OutgoingAttachment } from './composing/attachment-node.ts'
export {
  type ComposedMessage,
  composeMessage,
  type OutgoingDraft,
} from './composing/compose.ts'
export type { RedirectingField } from './composing/redirecting-headers.ts'
export type { OriginalBlock } from './composing/render-body.ts'
export { type Signature, signatureText } from './composing/signature.ts'
export { finishStored, readStoredHeaders, type StoredHeaders } from './composing/stored-message.ts'
export { type Connector, createConnector, type MailDeps } from './connect/dial.ts'
export { createHostPolicy, type HostPolicy, type MailProtocol } from './connect/host-policy.ts'
export {
  getThread,
  printThreadCursor,
  type ThreadMessage,
  type ThreadOptions,
  type ThreadPage,
} from './conversations/thread.ts'
export type { DocumentText, Picture } from './documents/document.ts'
export { kindOf } from './documents/kinds.ts'
export { readDocument } from './documents/read-document.ts'
export { withImapSession } from './imap/open-session.ts'
export type { ImapDeps, ImapSession } from './imap/session.ts'
export {
  assertAddress,
  assertHost,
  assertNoControls,
} from './input.ts'
export { MailError, type MailErrorCode } from './mail-error.ts'
export { createMailbox, deleteMailbox, type Renamed, renameMailbox } from './mailboxes/change.ts'
export type { FilingUse } from './mailboxes/filing.ts'
export { listMailboxes } from './mailboxes/list.ts'
export { resolveMailbox } from './mailboxes/resolve.ts'
export { verifyImapLogin } from './mailboxes/verify-login.ts'
export type * from './message.ts'
export type { MessageBytes } from './message-bytes.ts'
export type { OrganizeAction } from './organizing/actions.ts'
export {
  type Counted,
  maxOrganized,
  type Organized,
  type OrganizedMailbox,
  type OrganizeOptions,
  type Organizer,
  prepareOrganizer,
} from './organizing/organize.ts'
export {
  filesSentCopy,
  type Provider,
  providers,
} from './providers.ts'
export { type ArrivedPage, listArrived } from './reading/arrived.ts'
export { type AttachmentContent, fetchAttachment, isPartId } from './reading/attachment.ts'
export { type AttachmentFacts, readAttachmentFacts } from './reading/attachment-facts.ts'
export { type AttachmentStream, openAttachmentStream } from './reading/attachment-stream.ts'
export { type DraftCandidate, fetchDraft, type StoredDraft } from './reading/draft.ts'
export { draftTagBytes, toDraftTag } from './reading/draft-tag.ts'
export { findByMessageId, openForFinding } from './reading/find.ts'
export { getMessage, getMessages } from './reading/get.ts'
export { fetchOriginal, type Original, type OriginalOptions } from './reading/original.ts'
export { listRecent, type RecentPage } from './reading/recent.ts'
export type { Routing } from './reading/routing.ts'
export { fetchSource } from './reading/source.ts'
export { readSourceText } from './reading/source-text.ts'
export { findWrittenTo } from './reading/written-to.ts'
export { dayIn } from './search/days.ts'
export { mergeFields, type SearchFault, type SearchFields } from './search/fields.ts'
export { toBytes } from './search/operators.ts'
export type { Note } from './search/parse.ts'
export { findPeople, type Person } from './search/people.ts'
export { prepareSearch, type SearchOptions, type SearchPage, searchMessages } from './search/search.ts'
export type { RejectedRecipient, SubmissionOutcome } from './smtp/outcome.ts'
export type { RecipientRefusal } from './smtp/reply.ts'
export {
  openSubmission,
  type Submission,
  type SubmitMessage,
  verifySmtpLogin,
} from './smtp/submission.ts'
