/**
 * Whom the identity gate lets in, by the claims of an ID token that was verified. Only what a rule names is looked at, and
 * only in the one form that it may have: a claim that is absent or of another type lets nobody in.
 */
import { type GateRule, toRuleText } from '../gate-settings.ts'

export type Claims = Readonly<Record<string, unknown>>

export type Judgement =
  /** The rules that let the person in, as they are written in the settings. */
  | { readonly by: readonly string[]; readonly refusal?: never }
  | { readonly refusal: 'not_listed' | 'too_many_groups'; readonly by?: never }

export function judge(claims: Claims, allow: readonly GateRule[]): Judgement {
  const by = allow.filter((rule) => holds(claims, rule)).map(toRuleText)
  if (by.length > 0) return { by }
  const asksGroups = allow.some(({ claim }) => claim === 'groups')
  return { refusal: asksGroups && hasOverage(claims) ? 'too_many_groups' : 'not_listed' }
}

function holds(claims: Claims, { claim, value }: GateRule): boolean {
  const held = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (claim !== 'groups') return held === value
  return Array.isArray(held) && held.every((one) => typeof one === 'string') && held.includes(value)
}

/** Entra, past 200 groups: the claim lies elsewhere (OpenID Connect Core §5.6.2), where nobody signs it for us. */
function hasOverage(claims: Claims): boolean {
  const names = claims._claim_names
  return typeof names === 'object' && names !== null && Object.hasOwn(names, 'groups')
}
