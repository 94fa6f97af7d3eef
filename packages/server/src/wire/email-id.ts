/**
 * The id of an email as a client sees it: account, mailbox, UIDVALIDITY and UID in about 20 characters; of a draft also
 * the tag of its Message-ID, by which it is found after another program has stored it again.
 * Not a capability: it opens only what the caller's own grant opens, so it is not signed. Two bytes of checksum are
 * there for the model, not for an attacker: an id copied with a slip must not name another mail.
 */
import { createHash } from 'node:crypto'
import { draftTagBytes, type MessageRef } from '@email-connector/mail'
import { isLine } from './line.ts'
import { readVarint, toVarint } from './varint.ts'

export interface EmailId {
  /** First 4 bytes of SHA-256(account id), hex: enough to tell the accounts of one grant apart. */
  readonly accountTag: string
  readonly ref: MessageRef
}

/** A message and the spelling by which a client named it. */
export interface NamedMessage extends EmailId {
  readonly id: string
}

const version = 1
/** The same with the tag of a draft behind the account's. */
const draftVersion = 2
const headerBytes = 1 + 2 + 4
/** RFC 9051 §2.3.1.1: UID and UIDVALIDITY are non-zero 32-bit numbers. */
const maxUint32 = 0xffff_ffff
/** A mailbox name of 1000 bytes, and what stands before it. */
const maxIdChars = 1400

export function toAccountTag(accountId: string): string {
  return createHash('sha256').update(accountId).digest('hex').slice(0, 8)
}

export function toEmailId(accountId: string, ref: MessageRef): string {
  return encode({ accountTag: toAccountTag(accountId), ref })
}

/** What an id says apart from its account: the same for every grant of a mailbox. */
export function toRefName(id: string): string {
  const ref = parseEmailId(id)?.ref
  return ref === undefined ? id : JSON.stringify([ref.mailbox, ref.uidValidity, ref.uid])
}

/** The one canonical spelling parses; everything else is `undefined`. */
export function parseEmailId(text: string): EmailId | undefined {
  if (text.length > maxIdChars || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  const isDraft = bytes[0] === draftVersion
  const start = isDraft ? headerBytes + draftTagBytes : headerBytes
  if (bytes.length < start + 2 || !(isDraft || bytes[0] === version)) return undefined
  const uidValidity = readVarint(bytes, start)
  const uid = uidValidity && readVarint(bytes, uidValidity.end)
  if (!uidValidity || !uid) return undefined
  const mailbox = bytes.subarray(uid.end).toString('utf8')
  const parsed: EmailId = {
    accountTag: bytes.subarray(3, 7).toString('hex'),
    ref: {
      mailbox: mailbox === '' ? 'INBOX' : mailbox,
      uidValidity: String(uidValidity.value),
      uid: uid.value,
      ...(isDraft ? { draft: bytes.subarray(headerBytes, start).toString('hex') } : {}),
    },
  }
  // Checksum, padding bits, overlong numbers, bad UTF-8, a spelled-out INBOX: all fail the comparison.
  return isLine(mailbox) && encode(parsed) === text ? parsed : undefined
}

function encode({ accountTag, ref }: EmailId): string {
  const uidValidity = Number(ref.uidValidity)
  for (const number of [uidValidity, ref.uid]) {
    if (!Number.isInteger(number) || number < 1 || number > maxUint32) return ''
  }
  const named = Buffer.concat([
    Buffer.from(accountTag, 'hex'),
    Buffer.from(ref.draft ?? '', 'hex'),
    toVarint(uidValidity),
    toVarint(ref.uid),
    // RFC 9051 §5.1: INBOX is the one name that compares without regard to case.
    Buffer.from(ref.mailbox.toUpperCase() === 'INBOX' ? '' : ref.mailbox, 'utf8'),
  ])
  const checksum = createHash('sha256').update(named).digest().subarray(0, 2)
  return Buffer.concat([
    Buffer.of(ref.draft === undefined ? version : draftVersion),
    checksum,
    named,
  ]).toString('base64url')
}
