/**
 * A tool's question on its way to the person: in the 2026 era it is an answer that the client comes back from; in the 2025
 * era it is asked over the session, inside the request, and a question that gets no answer counts as one that was closed.
 */
import {
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { takesCards } from '../cards/review-card.ts'
import type { Asking, ToolQuestion } from './tool.ts'

/** A form without fields: to submit it is the answer. */
const requestedSchema = { type: 'object' as const, properties: {} }

/** A client that declares elicitation without a mode means forms (2025-06-18). */
export function toAsking(server: McpServer, { mcpReq }: ServerContext, waitMs: number): Asking {
  const capabilities = server.server.getClientCapabilities()
  const { elicitation } = capabilities ?? {}
  const takesForms =
    elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
  // Only the 2026 revision has an envelope; its questions are answers, and wait in the client.
  const canAsk = takesForms && (mcpReq.envelope !== undefined || waitMs > 0)
  const state = mcpReq.requestState()
  const response = inputResponse(mcpReq.inputResponses, 'confirm')
  return {
    canAsk,
    showsCards: takesCards(capabilities),
    ...(typeof state === 'string' && { state }),
    ...(response.kind === 'elicit' && { answer: response.action }),
  }
}

export function toInputRequired({ question, state }: ToolQuestion): InputRequiredResult {
  const inputRequests = { confirm: inputRequired.elicit({ message: question, requestedSchema }) }
  return inputRequired({ inputRequests, requestState: state })
}

/** Throws where the client is gone; then nobody waits for what the call would answer. */
export async function askOverSession(
  server: McpServer,
  { mcpReq }: ServerContext,
  { question, state }: ToolQuestion,
  waitMs: number,
): Promise<Pick<Asking, 'state' | 'answer'>> {
  const params = { mode: 'form' as const, message: question, requestedSchema }
  const options = { timeout: waitMs, relatedRequestId: mcpReq.id, signal: mcpReq.signal }
  const answer = await server.server.elicitInput(params, options).then(
    ({ action }) => action,
    (error: unknown) => {
      if (mcpReq.signal.aborted) throw error
      // It came too late, or the client could not show it.
      return 'cancel' as const
    },
  )
  return { state, answer }
}
