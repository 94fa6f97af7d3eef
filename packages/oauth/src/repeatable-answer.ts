/**
 * The token response of a refresh, kept for those who ask again with the token it replaced: a lost answer or two
 * processes of one client would otherwise end the grant. Sealed under HKDF(old token ‖ handoff key), so neither the
 * database nor the database with the handoff key can read it. How long it is given out is the refresh grant's rule.
 */
import { isCanonicalBase64url } from './base64url.ts'
import { deriveKey, open, seal } from './seal.ts'

/** A secret of the deployment with its name; the first of a list is current, the others still open what they sealed. */
export interface NamedKey {
  readonly kid: string
  readonly key: Uint8Array
}

export interface AnswerBinding {
  readonly oldToken: string
  readonly grantId: string
  /** Of the row that holds it. */
  readonly refreshTokenId: string
}

/** `kid.sealed` */
export function sealAnswer(keys: readonly NamedKey[], binding: AnswerBinding, answer: string): string {
  const current = keys[0]
  if (current === undefined) throw new Error('There is no handoff key')
  const plain = Buffer.from(answer, 'utf8')
  try {
    return `${current.kid}.${withKey(current, binding, (key) => seal(key, plain, associatedText(binding)))}`
  } finally {
    plain.fill(0)
  }
}

/** Undefined when it was sealed for another token, or its key is gone. */
export function openAnswer(
  keys: readonly NamedKey[],
  binding: AnswerBinding,
  sealed: string,
): string | undefined {
  const dot = sealed.lastIndexOf('.')
  const named = keys.find(({ kid }) => kid === sealed.slice(0, dot))
  const text = sealed.slice(dot + 1)
  if (named === undefined || !isCanonicalBase64url(text)) return undefined
  const plain = withKey(named, binding, (key) => open(key, text, associatedText(binding)))
  if (plain === undefined) return undefined
  try {
    return new TextDecoder().decode(plain)
  } finally {
    plain.fill(0)
  }
}

function withKey<T>(named: NamedKey, { oldToken }: AnswerBinding, use: (key: Uint8Array) => T): T {
  const material = Buffer.concat([Buffer.from(oldToken, 'utf8'), named.key])
  const key = deriveKey(material, 'repeatable-answer')
  try {
    return use(key)
  } finally {
    key.fill(0)
    material.fill(0)
  }
}

function associatedText({ grantId, refreshTokenId }: AnswerBinding): string {
  return JSON.stringify(['repeatable-answer', 1, grantId, refreshTokenId])
}
