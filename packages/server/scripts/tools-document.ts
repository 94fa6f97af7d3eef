/**
 * docs/tools.md from the tools themselves: what may be given, what comes back, what the owner must have granted. Says
 * nothing that is not in a definition, so that it cannot be wrong about one.
 */

import * as z from 'zod'
import { scopeOf } from '../src/tool-call/run-tool.ts'
import type { Tool } from '../src/tool-call/tool.ts'
import {
  errorKeys,
  type JsonSchema,
  toInputJsonSchema,
  toOutputJsonSchema,
} from '../src/tool-call/tool-schema.ts'

/** The part of JSON Schema that the definitions use. */
interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

const preface = `# Tools

Written by \`pnpm write-tools\` from the definitions in \`packages/server/src/tools\`; a test compares. Do not edit it.

Every result comes twice with the same facts: as \`structuredContent\` with the keys below, and as short text. A failed call has
\`isError: true\`, one sentence that says what to do next, and in \`structuredContent\` a stable \`code\`, the same sentence as
\`message\` and, where one parameter is at fault, its place as \`field\`, such as \`to[2]\`. A result stays under 80,000 characters.

Parameters that are not listed are dropped and named in \`warnings\`, except those that clients add to every call. One that
would change to whom, when, as what or whether an email leaves, such as \`send_at\`, \`dry_run\` or \`bcc\`, is refused by a tool that
sends, and one that would narrow or reverse a change by \`organize_emails\` and \`mark_as_read\`; then nothing is done. An empty
string or null for an optional parameter means that it is absent, a number beyond its range is the nearest in it, a timestamp
gives its date, and one string where a list is wanted is a list of one. What is inside a list or an object is read strictly.
What came out of an email is data written by strangers; the text form marks where it begins and ends.`

export function toToolsDocument(tools: readonly Tool[]): string {
  const overview = [
    '| Tool | What it does | Needs | Scope |',
    '| --- | --- | --- | --- |',
    ...tools.map(
      (tool) =>
        `| [\`${tool.name}\`](#${tool.name}) | ${tool.title} | ${tool.permission} | ${scopeOf(tool)} |`,
    ),
  ].join('\n')
  return `${[preface, overview, ...tools.map(toSection)].join('\n\n')}\n`
}

function toSection(tool: Tool): string {
  return [
    `## ${tool.name}`,
    tool.description,
    `The owner must have granted \`${tool.permission}\`; the token needs the scope \`${scopeOf(tool)}\`. ${hintsOf(tool)}`,
    toParameters(toInputJsonSchema(tool.input)),
    toResult(tool),
  ].join('\n\n')
}

function hintsOf({ annotations }: Tool): string {
  const { readOnlyHint, destructiveHint, idempotentHint } = annotations
  const change = destructiveHint ? 'It may change or remove what is there.' : 'It changes something.'
  const words = [
    readOnlyHint ? 'It only reads.' : change,
    idempotentHint ? 'Calling it twice does the same as once.' : '',
  ]
  return words.filter((sentence) => sentence !== '').join(' ')
}

function toParameters(schema: JsonSchema): string {
  const { properties = {}, required = [] } = schema as Schema
  const rows = Object.entries(properties).map(([name, one]) => {
    const otherwise = required.includes(name) ? 'required' : defaultOf(one)
    return `| \`${name}\` | ${typeOf(one)} | ${otherwise} | ${cell(one.description ?? '')} |`
  })
  if (rows.length === 0) return 'No parameters.'
  return ['| Parameter | Type | If absent | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** A default that a schema states beside `required` never applies. */
function defaultOf({ default: value }: Schema): string {
  if (value === undefined || value === '') return ''
  return Array.isArray(value) && value.length === 0 ? 'none' : `\`${String(value)}\``
}

/** Without what only an error has. */
function toResult(tool: Tool): string {
  const schema = toOutputJsonSchema(tool)
  if (schema === undefined)
    return 'No fixed result: text is structured too, pictures and files are content of their own.'
  const own = new Set(tool.output instanceof z.ZodObject ? Object.keys(tool.output.shape) : [])
  const rows = rowsOf('', schema as Schema).filter(
    ([key]) => own.has(key) || !errorKeys.some((one) => one === key),
  )
  return [
    '| Result | Type | Meaning |',
    '| --- | --- | --- |',
    ...rows.map(([key, one]) => `| \`${key}\` | ${typeOf(one)} | ${cell(one.description ?? '')} |`),
  ].join('\n')
}

/** Every key, those inside lists and objects too: `emails[].subject`. */
function rowsOf(path: string, schema: Schema): (readonly [string, Schema])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    const key = `${path}${name}`
    const inside = one.items === undefined ? rowsOf(`${key}.`, one) : rowsOf(`${key}[].`, one.items)
    return [[key, one] as const, ...inside]
  })
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.items !== undefined) {
    const bounds = rangeOf(schema.minItems, schema.maxItems)
    return `list of ${schema.items.type ?? 'value'}${bounds === '' ? '' : `, ${bounds}`}`
  }
  const bounds = rangeOf(schema.minimum, schema.maximum)
  return `${schema.type ?? 'value'}${bounds === '' ? '' : ` ${bounds}`}`
}

function rangeOf(lowest: number | undefined, highest: number | undefined): string {
  if (lowest === undefined) return highest === undefined ? '' : `up to ${highest}`
  return highest === undefined ? `from ${lowest}` : `${lowest} to ${highest}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
