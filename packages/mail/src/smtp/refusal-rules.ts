/**
 * Why a server does not take an email: by the codes of its reply (RFC 5321 §4.2, RFC 3463), and by the words of Postfix,
 * Exim, Exchange, Gmail, Cyrus, Zimbra, cPanel, Plesk and the large providers, which put the reason nowhere else.
 */
export interface Reply {
  readonly status: number
  /** Subject and detail of the enhanced code, such as `7.1` (RFC 3463 §2); empty for none, and for X.0.0, which says nothing. */
  readonly detail: string
  readonly words: string
  readonly command: string
}

export type Refusal = (typeof rules)[number][0]

/** The first line that fits. Enhanced codes come first within a line. */
const rules = [
  // RFC 5321 §4.5.3.1.10
  [
    'too_many_recipients',
    ({ detail, words }: Reply) => detail === '5.3' || /too many recipients/i.test(words),
  ],
  // X.3.4: over the server's limit; X.2.3: over the mailbox's
  [
    'too_large',
    ({ status, detail, words }: Reply) =>
      status === 523 ||
      detail === '3.4' ||
      detail === '2.3' ||
      sizeExceeded.test(words) ||
      (!isOfPolicy(detail) && tooLarge.test(words)),
  ],
  ['try_later', ({ status, words }: Reply) => isTransient(status) && greylisted.test(words)],
  // Microsoft X.1.90, X.7.232, X.7.233: the day's recipients; Gmail 5.4.5: the day's emails
  [
    'throttled',
    ({ status, detail, words }: Reply) =>
      status === 421 ||
      ['1.90', '7.232', '7.233'].includes(detail) ||
      detail === (isTransient(status) ? '3.2' : '4.5') ||
      tooMuchSent.test(words),
  ],
  [
    'over_quota',
    ({ status, detail, words }: Reply) => detail === '2.2' || (status === 552 && full.test(words)),
  ],
  [
    'auth_required',
    ({ status, detail, words }: Reply) =>
      !isTransient(status) &&
      (status === 530 || detail === '7.57' || (loginWanted.test(words) && !ofRecipient.test(words))),
  ],
  // X.1.7, X.1.8: the sender's address
  [
    'sender_refused',
    ({ status, detail, words }: Reply) =>
      !isTransient(status) && (['1.7', '1.8', '7.60'].includes(detail) || notTheirs.test(words)),
  ],
  // no other hour changes it, whatever its code says
  ['relay_refused', ({ detail, words }: Reply) => detail === '7.64' || noRelay.test(words)],
  // 553 at MAIL FROM: the name of the mailbox is not allowed (RFC 5321 §4.2.2)
  ['sender_refused', ({ status, command }: Reply) => status === 553 && command === 'MAIL FROM'],
  [
    'throttled',
    ({ status, detail, words }: Reply) =>
      isTransient(status) && detail.startsWith('7.') && !ofClient.test(words),
  ],
  ['try_later', ({ status }: Reply) => isTransient(status)],
  // X.6: the content; X.7: security and policy
  [
    'policy_refused',
    ({ detail, words }: Reply) =>
      isOfPolicy(detail) || (detail === '' && ruled.test(words)) || ofContent.test(words),
  ],
  // RFC 5321 §4.2.2: "exceeded storage allocation", which servers without enhanced codes say of a size
  ['too_large', ({ status, detail }: Reply) => status === 552 && detail === ''],
] as const

const sizeExceeded = /(?:message|mail) size exceed(?:s|ed)/i
const tooLarge = /size limit|too (?:large|big)\b|exceeds? (?:the )?max(?:imum)? (?:message )?size/i
const greylisted = /gr[ea]y-?list/i
/** Without the words that every temporary refusal says. */
const tooMuchSent =
  /too many (?!hops)|rate ?limit|rate exceeded|frequency limited|send(?:ing)? limit|daily limit|(?:submission|sending) quota|quota of (?:messages|emails)|number of allowed outgoing|(?:messages|e?mails|recipients) per (?:minute|hour|day)/i
const full = /quota|mailbox (?:is )?full|mailbox for .{1,100} is full/i
const loginWanted =
  /auth(?:entication)? (?:is )?required|must authenticate|authenticate first|\bauth (?:command )?first|turn on smtp auth|client was not authenticated/i
/** Exchange: who may write to a group, such as "SenderNotAuthenticatedForGroup; authentication required". */
const ofRecipient = /RESOLVER\.RST\./
const noRelay =
  /relay(?:ing)?(?: access)? (?:is )?(?:denied|prohibited|rejected|not (?:permitted|allowed))|(?:unable to|do(?:es)? not) relay|not (?:permitted|allowed) to relay|allowed rcpthosts/i
const notTheirs =
  /SendAsDenied|sender (?:address )?rejected|not owned by|not (?:allowed|authori[sz]ed|permitted) to send (?:as|from|using)|sender (?:address )?(?:is )?not (?:allowed|authori[sz]ed|permitted|owned)|from address is not one of|must (?:be (?:the )?same as|equal) authori[sz](?:ed|ation) user|relaying disallowed as|sender mismatch|not local sender|sender domain not verified|match a verified sender|sender verify failed/i
/** Postfix, of the machine that connects. */
const ofClient = /(?:client host|helo command) rejected/i
const ruled =
  /\b(?:spam|virus|malware|phish(?:ing)?|block(?:ed|list(?:ed)?)|blacklist(?:ed)?|polic(?:y|ies)|reputation)\b/i
/** Exchange, QQ, 163, Zoho: said with any code. */
const ofContent = /OutboundSpam|content denied|\bDT:SPM\b|unusual sending activity/i

function isOfPolicy(detail: string): boolean {
  return /^[67]\./.test(detail)
}

export function isTransient(status: number): boolean {
  return status >= 400 && status < 500
}

export function toRefusal(reply: Reply): Refusal | undefined {
  return rules.find(([, fits]) => fits(reply))?.[0]
}
