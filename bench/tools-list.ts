/** What the server costs a client's context: o200k tokens of the JSON of the `tools` array, and of the instructions. */
import { instructions, toolDefinitions } from '@email-connector/server/tools'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

export interface ToolsListCost {
  readonly total: number
  /** Of those that a connection has which may only read. */
  readonly readOnly: number
  readonly tools: Record<string, number>
}

export function measureToolsList(): ToolsListCost {
  const tools = toolDefinitions.map((one) => [one.name, countTokens(JSON.stringify(one))] as const)
  const readOnly = toolDefinitions.filter(({ annotations }) => annotations?.readOnlyHint === true)
  const count = (some: typeof toolDefinitions) => countTokens(JSON.stringify(some))
  return { total: count(toolDefinitions), readOnly: count(readOnly), tools: Object.fromEntries(tools) }
}

/** What every client reads at the start, whether it lists tools or not. */
export function countInstructions(): number {
  return countTokens(instructions)
}
