/**
 * From a zod schema to the two things the SDK wants of it: JSON Schema for `tools/list`, and validation. Validation
 * of arguments is ours (parseArguments), since the SDK would answer with the library's words and no code; it gets a
 * schema that lets everything through.
 */
import type { Tool as ListedTool, StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { ToolError } from './result.ts'

export type JsonSchema = ListedTool['inputSchema']

export function toInputJsonSchema(schema: z.ZodType): JsonSchema {
  return toJsonSchema(schema, 'input')
}

/**
 * Clients of the 2025 SDK check an error's structured content against the same schema as a result's, and throw when
 * it does not fit: so nothing is required at the top, and `code` and `field` are named.
 */
export function toOutputJsonSchema(schema: z.ZodType): JsonSchema {
  const { required: _, additionalProperties: __, ...rest } = toJsonSchema(schema, 'output')
  const properties = {
    ...(rest.properties as JsonSchema),
    code: { type: 'string' },
    field: { type: 'string' },
  }
  return { ...rest, properties } as JsonSchema
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      // What zod adds on its own and no reader needs: the range of a double, and closed objects in results.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (io === 'output') delete jsonSchema.additionalProperties
    },
  })
  // JSON Schema 2020-12 is what MCP assumes without `$schema`.
  delete json.$schema
  return json as JsonSchema
}

/** What McpServer.registerTool takes: lists `json`, lets every value through to our own parse. */
export function toOpenSchema(json: JsonSchema): StandardSchemaWithJSON {
  return {
    '~standard': {
      version: 1,
      vendor: 'email-connector',
      validate: (value) => ({ value }),
      jsonSchema: { input: () => json, output: () => json },
    },
  }
}

/** Arguments, or a ToolError that names the first field at fault. */
export function parseArguments<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const field = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])]
    .join('.')
    .slice(0, 100)
  throw new ToolError('invalid_input', `${JSON.stringify(field || 'arguments')} ${faultOf(issue)}.`, {
    field,
  })
}

function faultOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'unrecognized_keys':
      return 'is not a parameter of this tool'
    case 'invalid_type':
      return issue.input === undefined && issue.message.endsWith('undefined')
        ? 'is missing'
        : `must be of type ${issue.expected}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `must be at least ${issue.minimum}${issue.origin === 'array' ? ' long' : ''}`
    case 'too_big':
      return `must be at most ${issue.maximum}${issue.origin === 'array' ? ' long' : ''}`
    case 'custom':
      return issue.message
    default:
      return 'is not valid'
  }
}
