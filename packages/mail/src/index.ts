/** IMAP, SMTP and MIME for one mailbox. Every function throws only MailError; anything else is a bug. */
export type { MailAccount, MailCredential, MailServer, TlsMode } from './account.ts'
export { parseAddressList } from './address-list.ts'
export {
  type ComposedMessage,
  composeMessage,
  type OutgoingAttachment,
  type OutgoingDraft,
} from './compose.ts'
export { type Connector, createConnector, type MailDeps } from './dial.ts'
export { createHostPolicy, type HostPolicy, type MailProtocol } from './host-policy.ts'
export {
  assertAccount,
  assertAddress,
  assertHost,
  assertMailboxName,
  assertNoControls,
  assertText,
} from './input.ts'
export { MailError, type MailErrorCode } from './mail-error.ts'
export type * from './message.ts'
export {
  filesSentCopy,
  findProvider,
  type Provider,
  type ProviderId,
  providers,
  suggestProvider,
} from './providers.ts'
export { isPublicAddress } from './public-address.ts'
export type { RecipientRefusal } from './smtp-reply.ts'
export {
  type RejectedRecipient,
  type SubmissionOutcome,
  submitMessage,
  verifySmtpLogin,
} from './submission.ts'
