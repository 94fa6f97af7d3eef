/** The conformance fixtures that ask in several rounds (2026-07-28): input_required with and without request state. */
import {
  acceptedContent,
  createRequestStateCodec,
  type InputRequest,
  inputRequired,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import * as z from 'zod'

export const stateCodec = createRequestStateCodec<string>({ key: 'k'.repeat(32) })

const nameAnswer = z.object({ name: z.string() })

function text(content: string) {
  return { content: [{ type: 'text' as const, text: content }] }
}

function askText(message: string, key: string): InputRequest {
  const requestedSchema = {
    type: 'object' as const,
    properties: { [key]: { type: 'string' as const } },
    required: [key],
  }
  return inputRequired.elicit({ message, requestedSchema })
}

function askModel(prompt: string, maxTokens: number): InputRequest {
  const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }]
  return inputRequired.createMessage({ messages, maxTokens })
}

function askConfirmation(): InputRequest {
  const requestedSchema = {
    type: 'object' as const,
    properties: { ok: { type: 'boolean' as const } },
    required: ['ok'],
  }
  return inputRequired.elicit({ message: 'Please confirm', requestedSchema })
}

export function registerInputRequired(server: McpServer): void {
  const ask = (name: string, handler: Parameters<typeof registerTool>[2]) =>
    registerTool(server, name, handler)

  ask('test_input_required_result_elicitation', (ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', nameAnswer)
    if (answer !== undefined) return text(`Hello, ${answer.name}!`)
    return inputRequired({ inputRequests: { user_name: askText('What is your name?', 'name') } })
  })
  ask('test_input_required_result_sampling', (ctx) => {
    const answer = ctx.mcpReq.inputResponses?.capital_question
    if (answer !== undefined) return text(JSON.stringify(answer))
    return inputRequired({
      inputRequests: { capital_question: askModel('What is the capital of France?', 100) },
    })
  })
  ask('test_input_required_result_list_roots', (ctx) => {
    const answer = ctx.mcpReq.inputResponses?.client_roots
    if (answer !== undefined) return text(`Roots: ${JSON.stringify(answer)}`)
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  })
  ask('test_input_required_result_request_state', async (ctx) => {
    if (ctx.mcpReq.inputResponses?.confirm !== undefined && ctx.mcpReq.requestState() === 'confirm') {
      return text('state-ok')
    }
    return inputRequired({
      inputRequests: { confirm: askConfirmation() },
      requestState: await stateCodec.mint('confirm'),
    })
  })
  ask('test_input_required_result_tampered_state', async (ctx) => {
    if (ctx.mcpReq.requestState() === 'untouched') return text('state-ok')
    return inputRequired({
      inputRequests: { confirm: askConfirmation() },
      requestState: await stateCodec.mint('untouched'),
    })
  })
  ask('test_input_required_result_multiple_inputs', async (ctx) => {
    const answers = ctx.mcpReq.inputResponses ?? {}
    if (['user_name', 'greeting', 'client_roots'].every((key) => key in answers))
      return text('all inputs received')
    return inputRequired({
      inputRequests: {
        user_name: askText('What is your name?', 'name'),
        greeting: askModel('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await stateCodec.mint('several'),
    })
  })
  ask('test_input_required_result_multi_round', async (ctx) => {
    const state = ctx.mcpReq.requestState()
    if (state === 'round 2' && ctx.mcpReq.inputResponses?.step2 !== undefined) return text('all rounds done')
    if (state === 'round 1' && ctx.mcpReq.inputResponses?.step1 !== undefined) {
      return inputRequired({
        inputRequests: { step2: askText('Step 2: What is your favorite color?', 'color') },
        requestState: await stateCodec.mint('round 2'),
      })
    }
    return inputRequired({
      inputRequests: { step1: askText('Step 1: What is your name?', 'name') },
      requestState: await stateCodec.mint('round 1'),
    })
  })
  ask('test_input_required_result_capabilities', (_ctx) => {
    const declared = server.server.getClientCapabilities() ?? {}
    return inputRequired({
      inputRequests: {
        ...('elicitation' in declared && { user_name: askText('What is your name?', 'name') }),
        ...('sampling' in declared && { greeting: askModel('Generate a greeting', 50) }),
        ...('roots' in declared && { client_roots: inputRequired.listRoots() }),
      },
    })
  })
  ask('test_missing_capability', () => inputRequired({ inputRequests: { greeting: askModel('Hello', 50) } }))
  ask('test_streaming_elicitation', () =>
    inputRequired({ inputRequests: { user_name: askText('What is your name?', 'name') } }),
  )

  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks for context' },
    async (ctx) => {
      const answer = acceptedContent(
        ctx.mcpReq.inputResponses,
        'user_context',
        z.object({ context: z.string() }),
      )
      if (answer === undefined) {
        const user_context = askText('What context should the prompt use?', 'context')
        return inputRequired({ inputRequests: { user_context } })
      }
      return { messages: [{ role: 'user', content: { type: 'text', text: `Context: ${answer.context}` } }] }
    },
  )
}

type Answer = ReturnType<typeof text> | ReturnType<typeof inputRequired>

function registerTool(
  server: McpServer,
  name: string,
  handler: (ctx: ServerContext) => Answer | Promise<Answer>,
): void {
  server.registerTool(name, { description: 'Asks in rounds' }, async (ctx) => handler(ctx))
}
