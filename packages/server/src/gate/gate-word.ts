/**
 * What the organisation's provider said of the person who made a connection: who it is, and which rules let them in. It is
 * sealed in the grant under S, so that neither the tables nor the deployment's secrets tell who the person is, and a row
 * that was changed, or comes from another grant, does not open. Nothing of the ID token is kept beyond this.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import { type GateSettings, toRuleText } from '../gate-settings.ts'
import { SealBrokenError } from '../keys/seal.ts'
import { createHintCipher } from '../keys/token-cipher.ts'

type Person = Pick<GateWord, 'iss' | 'sub'>

export interface GateWord {
  /** Of the settings: a gate that was set up for another provider or client is another gate. */
  readonly issuer: string
  readonly clientId: string
  /** Of the ID token. */
  readonly iss: string
  readonly sub: string
  /** The rules that held. */
  readonly by: readonly string[]
  readonly saidAt: EpochSeconds
  /** To ask again with, where the provider gave one. */
  readonly refreshToken?: string
}

export function sealGateWord(secret: Uint8Array, grantId: string, word: GateWord): string {
  return createHintCipher(secret).seal('gate', grantId, Buffer.from(JSON.stringify({ v: 1, ...word })))
}

/** Undefined where it does not open. */
export function openGateWord(
  secret: Uint8Array,
  { grantId, sealedGate }: { readonly grantId: string; readonly sealedGate?: string },
): GateWord | undefined {
  if (sealedGate === undefined) return undefined
  try {
    const plain = createHintCipher(secret).open('gate', grantId, sealedGate)
    // Authenticated, so it is what `sealGateWord` wrote.
    return JSON.parse(Buffer.from(plain).toString('utf8')) as GateWord
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

/** Whether it is of this gate, and one of its rules is still there: rules change, and nobody is asked for that. */
export function stillCounts(word: GateWord, gate: GateSettings): boolean {
  const rules = gate.allow.map(toRuleText)
  return (
    word.issuer === gate.issuer &&
    word.clientId === gate.clientId &&
    word.by.some((rule) => rules.includes(rule))
  )
}

export function isSamePerson(one: Person, other: Person): boolean {
  return one.iss === other.iss && one.sub === other.sub
}
