/**
 * What the operator asks of the oauth function directly: `pnpm revoke`. Only somebody whom IAM lets invoke the function can
 * send it. A gateway writes the outer keys of its events itself, and `operator` is none of them: a request, whatever its
 * body and headers, is not taken for one.
 */
import * as z from 'zod'
import type { EndConnections, Ended } from '../sign-in/offboarding.ts'

const text = z.string().min(1).max(320)

const operatorEvent = z.strictObject({
  operator: z.strictObject({
    revoke: z.strictObject({ host: text, login: text }),
    dryRun: z.boolean().default(false),
  }),
})

export type OperatorEvent = z.input<typeof operatorEvent>
export type OperatorAnswer = Ended | { readonly fault: string }

export function isOperatorEvent(event: object): boolean {
  return 'operator' in event && !('requestContext' in event)
}

/** An answer in every case: an error of a function would be shown as a stack. */
export async function answerOperator(
  event: object,
  endConnections: () => Promise<EndConnections>,
): Promise<OperatorAnswer> {
  const parsed = operatorEvent.safeParse(event)
  if (!parsed.success) return { fault: 'The event is not {"operator":{"revoke":{"host","login"},"dryRun"}}' }
  const { revoke, dryRun } = parsed.data.operator
  const end = await endConnections()
  return await end({ imapHost: revoke.host, login: revoke.login }, { dryRun })
}
