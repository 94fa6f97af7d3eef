/** What reading a mailbox yields. Everything here came out of a mail or a mail server: untrusted text, bounded sizes. */
/** An address as a header names it; both parts were written by strangers. */
export interface MailAddress {
  readonly name?: string
  readonly address: string
}

/** Names one message for as long as the mailbox keeps its UIDVALIDITY (RFC 9051 §2.3.1.1). */
export interface MessageRef {
  /** Decoded (UTF-8) path as the server names it. */
  readonly mailbox: string
  readonly uidValidity: string
  readonly uid: number
  /** Of a draft: the tag of its Message-ID, by which it is found after an edit (reading/draft-tag.ts). */
  readonly draft?: string
}

/** RFC 6154 §2, with `inbox` and without its backslash. */
export type SpecialUse = 'inbox' | 'drafts' | 'sent' | 'trash' | 'junk' | 'archive' | 'all' | 'flagged'

/** One mailbox (a folder) of an account. */
export interface Mailbox {
  readonly path: string
  readonly name: string
  readonly delimiter: string
  readonly specialUse?: SpecialUse
  /** The server says so itself (RFC 6154); else it is guessed by its name. */
  readonly declared?: boolean
  readonly selectable: boolean
  /** Another user's or a shared one that the owner is not subscribed to: looked into only where it is named. */
  readonly isAside?: boolean
  /** Absent when not asked for or not to be had. */
  readonly total?: number
  readonly unread?: number
}

/** What a list shows of one message. */
export interface MessageSummary {
  readonly ref: MessageRef
  /** ISO 8601 with the offset; INTERNALDATE when the Date header cannot be read. */
  readonly date: string
  readonly from: readonly MailAddress[]
  readonly to: readonly MailAddress[]
  readonly subject: string
  /** At most 200 characters of readable text. */
  readonly preview: string
  readonly unread: boolean
  readonly flagged: boolean
  readonly answered: boolean
  readonly attachments: number
  /** Bytes, RFC822.SIZE. */
  readonly size: number
  readonly threadId?: string
  /** What an invitation in it asks or says, by its structure alone. */
  readonly invitation?: InvitationMethod
  /** The id of the list it came by; `unnamed` where it only says how to leave one. */
  readonly list?: string
}

/** RFC 5546 §1.4, in lower case; `event`: a calendar entry that names none of them. */
export type InvitationMethod =
  | 'request'
  | 'cancel'
  | 'reply'
  | 'counter'
  | 'declinecounter'
  | 'refresh'
  | 'add'
  | 'publish'
  | 'event'

/** The first event of a calendar part, each fact as its sender wrote it; absent where it says nothing of it. */
export interface Invitation {
  readonly method: InvitationMethod
  readonly summary?: string
  /** With the zone that the sender names: `2026-12-02 10:00 Europe/Berlin`. */
  readonly start?: string
  readonly end?: string
  readonly repeats?: string
  readonly location?: string
  readonly organizer?: string
  readonly attendees: readonly string[]
  /** Beyond the first. */
  readonly moreEvents: number
}

/** A part that is not the text of the message. */
export interface AttachmentPart {
  /** IMAP part number, such as `2` or `1.3`; behind a `~` what only we can open (mime/structure.ts). */
  readonly partId: string
  readonly filename?: string
  readonly contentType: string
  /** Bytes after decoding, an estimate where the transfer encoding is base64. */
  readonly size: number
  /** Shown inside the text, or read by programs: no file to a person, and not counted as one. */
  readonly inline: boolean
  /** The part id of the nested mail that this is in; absent for what the mail itself holds. */
  readonly inPart?: string
  /** Of a nested mail. */
  readonly message?: NestedHead
}

/** The headers of a mail inside a mail. */
export interface NestedHead {
  /** Absent where it has none that can be read. */
  readonly date?: string
  readonly from: readonly MailAddress[]
  readonly to: readonly MailAddress[]
  readonly subject: string
}

/** RFC 8601 §2.7 */
export type AuthenticationResult =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'policy'
  | 'temperror'
  | 'permerror'

/** What the owner's own provider found; a method it did not mention is absent. */
export interface AuthenticationVerdict {
  readonly spf?: AuthenticationResult
  readonly dkim?: AuthenticationResult
  readonly dmarc?: AuthenticationResult
}

/** What identifies a mailing list, and how one can leave it, as the sender says. */
export interface MailingList {
  /** RFC 2919, without its name for people. */
  readonly id?: string
  /** `https:` and `mailto:` targets in the sender's order; none: it does not say. */
  readonly leave: readonly string[]
  /** RFC 8058: a POST to the https target is enough. */
  readonly isOneClick: boolean
}

/** What headers say beside who wrote to whom. */
export interface MessageFacts {
  /** How many there are; the lists of a detail hold the first hundred of each. */
  readonly recipients: { readonly to: number; readonly cc: number; readonly bcc: number }
  readonly list?: MailingList
  readonly importance?: 'high' | 'low'
}

/** One message with its text; every string came out of mail. */
export interface MessageDetail extends MessageFacts {
  readonly ref: MessageRef
  readonly date: string
  readonly from: readonly MailAddress[]
  readonly sender: readonly MailAddress[]
  readonly replyTo: readonly MailAddress[]
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly bcc: readonly MailAddress[]
  readonly subject: string
  readonly messageId?: string
  readonly inReplyTo?: string
  readonly references: readonly string[]
  readonly flags: readonly string[]
  readonly size: number
  readonly body: MessageBody
  /** Of the message and, at any depth, of the mails in it. */
  readonly attachments: readonly AttachmentPart[]
  readonly invitation?: Invitation
  /** What a machine says of a mail that was sent: one for each recipient. */
  readonly report: readonly DeliveryReport[]
  /** Absent where the provider says nothing that can be told from what a sender wrote. */
  readonly authentication?: AuthenticationVerdict
  /** Short codes such as `hidden_text_removed`, `link_text_mismatch`, `link_lookalike`, `suspicious_from`, `body_truncated`. */
  readonly warnings: readonly string[]
}

/** What a mail server or a reader reports of a mail that was sent. */
export interface DeliveryReport {
  readonly kind: 'delivery' | 'read_receipt' | 'feedback'
  /** `failed`, `delayed`, `delivered`; of a receipt `displayed`, `deleted`; of a complaint its type. */
  readonly action: string
  readonly recipient: string
  readonly status?: string
  readonly diagnostic?: string
}

/** The whole target of a link, by the number that the text names. */
export interface ReadLink {
  readonly number: number
  /** Its words, cut; empty where they are the target itself. */
  readonly text: string
  /** As the sender wrote it; without its query if it is too long. */
  readonly url: string
  readonly isCut?: true
}

/** The readable text, a piece of it when it is long. */
export interface MessageBody {
  /** What `text` was made from: a kind of text, or `none`. */
  readonly source: string
  /** Why `text` is empty. */
  readonly note?: string
  /** The asked-for slice, readable text (or sanitised HTML where that was asked for). */
  readonly text: string
  readonly offset: number
  readonly totalChars: number
  /** Where the `[link 3]` of the whole text lead; only where they were asked for. */
  readonly links?: readonly ReadLink[]
}

/** What a list was cut from, so that the next page starts where this one ended even if mail arrived since. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Opaque to the caller; absent on the last page. */
  readonly next?: string
}

/** What is remembered of a server between calls. A wrong memory costs one retry, never an error. */
export interface ServerMemory {
  readonly v: 1
  readonly capabilities: readonly string[]
  readonly delimiter: string
  readonly mailboxes: readonly Mailbox[]
  /** true: after an email was sent nothing but our own copy was in Sent. */
  readonly sentCopiesAreOurs?: boolean
  /** The name in the newest mail of the account's own in Sent; empty: it has none. */
  readonly ownName?: string
  /** false: the server loses commands that come with a LOGIN. */
  readonly pipelines?: boolean
}
