/**
 * From a zod schema to the two things the SDK wants of it: JSON Schema for `tools/list`, and validation. Validation
 * of arguments is ours (parseArguments), since the SDK would answer with the library's words and no code; it gets a
 * schema that lets everything through.
 */
import type { Tool as ListedTool, StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { appName } from '../deployment-names.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import { isNothing, readArguments, toPlainName } from './lenient-arguments.ts'
import type { Tool } from './tool.ts'

export type JsonSchema = ListedTool['inputSchema']

export function toInputJsonSchema(schema: z.ZodType): JsonSchema {
  return toJsonSchema(schema, 'input')
}

/** What an error has in place of a result. */
export const errorKeys = ['code', 'message', 'field'] as const

/**
 * Clients of the 2025 SDK check an error's structured content against the same schema as a result's, and throw when
 * it does not fit: so nothing is required at the top, and what an error holds is named. Undefined for a tool whose
 * result is not always structured.
 */
export function toOutputJsonSchema(
  tool: Pick<Tool, 'input' | 'output' | 'permission' | 'forCards'>,
): JsonSchema | undefined {
  if (tool.output === undefined) return undefined
  const { required: _, additionalProperties: __, ...rest } = toJsonSchema(tool.output, 'output')
  const properties = {
    ...(rest.properties as JsonSchema),
    ...(composes(tool) && { warnings: { type: 'array', items: { type: 'string' } } }),
    ...Object.fromEntries(errorKeys.map((key) => [key, { type: 'string' }])),
  }
  return { ...rest, properties } as JsonSchema
}

/** It makes an email of what it is given: its listing says that `warnings` may name what it does without. */
export function composes({
  input,
  permission,
  forCards,
}: Pick<Tool, 'input' | 'permission' | 'forCards'>): boolean {
  if (forCards === true) return false
  return (
    permission === 'send' || (input instanceof z.ZodObject && 'body' in input.shape && permission !== 'read')
  )
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema, path }) => {
      // What no reader needs and every listing pays for: the range of a double, objects that are closed within a
      // parameter or in a result, and defaults that are empty.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (io === 'output' || path.length > 0) delete jsonSchema.additionalProperties
      if (Array.isArray(jsonSchema.default) ? jsonSchema.default.length === 0 : jsonSchema.default === '')
        delete jsonSchema.default
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
      vendor: appName,
      validate: (value) => ({ value }),
      jsonSchema: { input: () => json, output: () => json },
    },
  }
}

export interface ParsedArguments<Input> {
  readonly input: Input
  /** Names of what was given and no tool's parameter, for the answer. */
  readonly unknown: readonly string[]
}

/**
 * Arguments, or a ToolError that names the first place at fault: `to[2]`, `attachments[0].filename`. `misplaced`: what
 * is no parameter here, and what to give in its place.
 */
export function parseArguments<T extends z.ZodType>(
  schema: T,
  given: unknown,
  misplaced: Tool['misplaced'] = {},
): ParsedArguments<z.output<T>> {
  const { input, unknown } = readArguments(schema, given)
  for (const name of unknown) {
    const key = Object.keys(misplaced).find((one) => toPlainName(one) === toPlainName(name))
    if (key === undefined || isNothing((given as Record<string, unknown>)[name])) continue
    const field = toLine(name, 60)
    throw new ToolError('invalid_input', `"${field}" is not known here: ${misplaced[key]}.`, { field })
  }
  const parsed = schema.safeParse(input)
  if (parsed.success) return { input: parsed.data, unknown }
  const [issue] = parsed.error.issues
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const path = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])]
  const field = toLine(path.map(toStep).join('').replace(/^\./, ''), 100)
  const hint = unknown.length === 0 ? '' : ` ${toUnknownText(unknown)}`
  throw new ToolError('invalid_input', `${JSON.stringify(field || 'arguments')} ${faultOf(issue)}.${hint}`, {
    field,
  })
}

/** Said where a parameter that was spelt wrong would be missed. */
export function toUnknownText(unknown: readonly string[]): string {
  const names = unknown.slice(0, 10).map((name) => JSON.stringify(toLine(name, 60)))
  const more = unknown.length > names.length ? ` and ${unknown.length - names.length} more` : ''
  return `Not a parameter of this tool, so ignored: ${names.join(', ')}${more}.`
}

function toStep(key: PropertyKey): string {
  return typeof key === 'number' ? `[${key}]` : `.${String(key)}`
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

function faultOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'unrecognized_keys':
      return 'is not known here'
    case 'invalid_type':
      // Null for a parameter says that there is none; inside of one it is a value like any other.
      return (issue.path.length < 2 ? / (?:undefined|null)$/ : / undefined$/).test(issue.message)
        ? 'is missing'
        : `must be ${kinds[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return issue.origin === 'array'
        ? `must hold at least ${issue.minimum}`
        : `must be at least ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'array'
        ? `must hold at most ${issue.maximum}`
        : `must be at most ${issue.maximum}`
    case 'custom':
      return issue.message
    case 'invalid_format':
      // Ours says what is wanted, the library's own shows the pattern.
      return issue.message.startsWith('must ') ? issue.message : 'is not valid'
    default:
      return 'is not valid'
  }
}
