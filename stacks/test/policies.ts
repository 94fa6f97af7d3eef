/** Statements of a template in one shape, wherever they stand. */
import type { Synthesized } from './synthesize.ts'

export interface Statement {
  /** Resource or role the statement belongs to. */
  readonly of: string
  readonly effect: string
  readonly actions: readonly string[]
  /** Strings; a reference to another resource as JSON. */
  readonly resources: readonly string[]
  readonly condition: Record<string, Record<string, unknown>>
}

interface RawStatement {
  Effect: string
  Action?: string | string[]
  NotAction?: unknown
  Resource?: unknown
  NotResource?: unknown
  Condition?: Record<string, Record<string, unknown>>
}

/** Policies of roles: inline, attached, and managed by us. */
export function roleStatements(synthesized: Synthesized): Statement[] {
  const documents: [string, unknown][] = []
  for (const [id, role] of Object.entries(synthesized.all('AWS::IAM::Role')))
    for (const policy of asList(role.Properties.Policies))
      documents.push([id, (policy as { PolicyDocument: unknown }).PolicyDocument])
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'])
    for (const [id, policy] of Object.entries(synthesized.all(type)))
      documents.push([id, policy.Properties.PolicyDocument])
  return documents.flatMap(([id, document]) => statementsOf(id, document))
}

/** Policies that hang on keys and topics. */
export function resourceStatements(synthesized: Synthesized): Statement[] {
  const keys = Object.entries(synthesized.all('AWS::KMS::Key')).map(
    ([id, key]) => [id, key.Properties.KeyPolicy] as const,
  )
  const topics = Object.entries(synthesized.all('AWS::SNS::TopicPolicy')).map(
    ([id, policy]) => [id, policy.Properties.PolicyDocument] as const,
  )
  return [...keys, ...topics].flatMap(([id, document]) => statementsOf(id, document))
}

function statementsOf(of: string, document: unknown): Statement[] {
  return asList((document as { Statement: unknown }).Statement).map((entry) => {
    const raw = entry as RawStatement
    if (raw.NotAction !== undefined || raw.NotResource !== undefined)
      throw new Error(`${of} allows everything but something`)
    return {
      of,
      effect: raw.Effect,
      actions: asList(raw.Action) as string[],
      resources: asList(raw.Resource).map((resource) =>
        typeof resource === 'string' ? resource : JSON.stringify(resource),
      ),
      condition: raw.Condition ?? {},
    }
  })
}

function asList(value: unknown): unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
