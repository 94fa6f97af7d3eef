/** IMAP, SMTP and MIME for one mailbox. Every function throws only MailError; anything else is a bug. */
export type { MailAccount, MailCredential, MailServer, ProviderId, TlsMode } from './account.ts'
export { parseAddressList } from './address-list.ts'
export { appendMessage } from './append-message.ts'
export { removeInvisible } from './body-text/invisible-characters.ts'
export { neutraliseLinks } from './body-text/links.ts'
export { readLongHtml, readLongText } from './body-text/long-text.ts'
export { createMailbox, deleteMailbox, renameMailbox } from './change-mailboxes.ts'
export {
  type ComposedMessage,
  composeMessage,
  type OutgoingAttachment,
  type OutgoingDraft,
} from './compose.ts'
export { type Connector, createConnector, type MailDeps } from './dial.ts'
export { type AttachmentContent, fetchAttachment } from './fetch-attachment.ts'
export { findByMessageId } from './find-message.ts'
export { getMessage, getMessages } from './get-message.ts'
export { createHostPolicy, type HostPolicy, type MailProtocol } from './host-policy.ts'
export { type ImapDeps, type ImapSession, withImapSession } from './imap-session.ts'
export {
  assertAddress,
  assertHost,
  assertNoControls,
} from './input.ts'
export { listMailboxes } from './list-mailboxes.ts'
export { listRecent } from './list-recent.ts'
export { listThread, type ThreadPage } from './list-thread.ts'
export { MailError, type MailErrorCode } from './mail-error.ts'
export type * from './message.ts'
export { moveMessages } from './move-messages.ts'
export {
  filesSentCopy,
  type Provider,
  providers,
} from './providers.ts'
export type { RefOutcome } from './refs-by-mailbox.ts'
export { resolveMailbox } from './resolve-mailbox.ts'
export { prepareSearch, type SearchOptions, type SearchPage, searchMessages } from './search-messages.ts'
export { assertFlags, setFlags } from './set-flags.ts'
export type { RecipientRefusal } from './smtp-reply.ts'
export {
  type RejectedRecipient,
  type SubmissionOutcome,
  submitMessage,
  verifySmtpLogin,
} from './submission.ts'
export { verifyImapLogin } from './verify-imap-login.ts'
