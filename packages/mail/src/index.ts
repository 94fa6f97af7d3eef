/** IMAP, SMTP and MIME for one mailbox. Every function throws only MailError; anything else is a bug. */
export type { MailAccount, MailCredential, MailServer, ProviderId, TlsMode } from './account.ts'
export { breakMarkup } from './body-text/break-markup.ts'
export { removeInvisible } from './body-text/invisible-characters.ts'
export { neutraliseLinks } from './body-text/links.ts'
export { renderForPeople } from './body-text/long-text.ts'
export { appendMessage } from './changing/append.ts'
export { assertFlags, setFlags } from './changing/flags.ts'
export { moveMessages } from './changing/move.ts'
export type { RefOutcome } from './changing/refs-by-mailbox.ts'
export { parseAddressList } from './composing/address-list.ts'
export {
  type ComposedMessage,
  composeMessage,
  type OutgoingAttachment,
  type OutgoingDraft,
} from './composing/compose.ts'
export { type Connector, createConnector, type MailDeps } from './connect/dial.ts'
export { createHostPolicy, type HostPolicy, type MailProtocol } from './connect/host-policy.ts'
export type { DocumentText, Picture } from './documents/document.ts'
export { kindOf } from './documents/kinds.ts'
export { readDocument } from './documents/read-document.ts'
export { type ImapDeps, type ImapSession, withImapSession } from './imap/session.ts'
export {
  assertAddress,
  assertHost,
  assertNoControls,
} from './input.ts'
export { MailError, type MailErrorCode } from './mail-error.ts'
export { createMailbox, deleteMailbox, renameMailbox } from './mailboxes/change.ts'
export { listMailboxes } from './mailboxes/list.ts'
export { resolveMailbox } from './mailboxes/resolve.ts'
export { verifyImapLogin } from './mailboxes/verify-login.ts'
export type * from './message.ts'
export {
  filesSentCopy,
  type Provider,
  providers,
} from './providers.ts'
export { type AttachmentContent, fetchAttachment } from './reading/attachment.ts'
export { findByMessageId } from './reading/find.ts'
export { getMessage, getMessages } from './reading/get.ts'
export { listRecent } from './reading/recent.ts'
export { readSourceText } from './reading/source-text.ts'
export { listThread, type ThreadPage } from './reading/thread.ts'
export { dayIn } from './search/days.ts'
export { mergeFields, type SearchFields } from './search/fields.ts'
export type { Note } from './search/parse.ts'
export { prepareSearch, type SearchOptions, type SearchPage, searchMessages } from './search/search.ts'
export type { RecipientRefusal } from './smtp/reply.ts'
export {
  type RejectedRecipient,
  type SubmissionOutcome,
  submitMessage,
  verifySmtpLogin,
} from './smtp/submission.ts'
