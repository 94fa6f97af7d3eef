/** What listing the tools costs a client's context: o200k tokens of the JSON of the `tools` array. */
import { toolDefinitions } from '@email-connector/server/tools'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

export interface ToolsListCost {
  readonly total: number
  readonly tools: Record<string, number>
}

export function measureToolsList(): ToolsListCost {
  const tools = toolDefinitions.map((one) => [one.name, countTokens(JSON.stringify(one))] as const)
  return { total: countTokens(JSON.stringify(toolDefinitions)), tools: Object.fromEntries(tools) }
}
