/**
 * What models and clients really send, read before the schema judges it: an empty string or null where nothing is
 * meant, a number or a boolean as text, a text of digits as a number, a number beyond the limit, one string where a
 * list is wanted, and parameters that the client made up for itself. Only the top level is read so. What is inside a
 * list or an object stays as it was sent and is judged strictly: an address or an attachment is never guessed at.
 */
import * as z from 'zod'

export interface ReadArguments {
  readonly input: unknown
  /** Names the tool does not know, which it goes on without; not those that clients add to every call. */
  readonly unknown: readonly string[]
}

/** What clients add of their own, whatever the tool, as `toPlainName` has it. */
const ofClients = new Set([
  'action',
  'chatinput',
  'randomstring',
  'sessionid',
  'tool',
  'toolaction',
  'toolcallid',
  'toolsummary',
  'waitforprevious',
  'waitforprevioustools',
])

const maxNameChars = 60

/** `toolCallId` and `tool_call_id` alike. No name that is looked for is longer. */
export function toPlainName(name: string): string {
  return name.slice(0, maxNameChars).replaceAll('_', '').toLowerCase()
}

/** `_meta` and its like are a client's, too. */
function isOfClient(name: string): boolean {
  return name.startsWith('_') || ofClients.has(toPlainName(name))
}

export function readArguments(schema: z.ZodType, given: unknown): ReadArguments {
  const value = given ?? {}
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || Array.isArray(value)) {
    return { input: value, unknown: [] }
  }
  const shape: Record<string, z.ZodType> = schema.shape
  const input: Record<string, unknown> = {}
  const unknown: string[] = []
  for (const [name, one] of Object.entries(value)) {
    const parameter = Object.hasOwn(shape, name) ? shape[name] : undefined
    if (parameter === undefined) {
      if (!isOfClient(name)) unknown.push(name)
    } else {
      const isOmitted = isNothing(one) && parameter._zod.optin !== undefined
      if (!isOmitted) input[name] = readValue(innerOf(parameter), one)
    }
  }
  return { input, unknown }
}

export function isNothing(value: unknown): boolean {
  return value === '' || value === null
}

/** Below optional, default and their like; of what is transformed what it is before, or after where anything is taken. */
function innerOf(schema: z.ZodType): z.ZodType {
  const { def } = schema as { def: { innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType } }
  const inner = def.innerType ?? (def.in instanceof z.ZodTransform ? def.out : def.in)
  return inner === undefined ? schema : innerOf(inner)
}

/** Thirty digits are more than any number of a tool has. */
const numberForm = /^-?\d{1,30}(?:\.\d{1,30})?$/
const booleans: Readonly<Record<string, boolean>> = { true: true, false: false }

function readValue(schema: z.ZodType, value: unknown): unknown {
  // `attachment_id: 2`. Of other numbers the digits may not be those that were meant: 1.10 is 1.1.
  if (schema instanceof z.ZodString) return Number.isSafeInteger(value) ? String(value) : value
  if (schema instanceof z.ZodArray) return typeof value === 'string' ? readList(value) : value
  if (schema instanceof z.ZodBoolean) {
    return typeof value === 'string' ? (booleans[value.toLowerCase()] ?? value) : value
  }
  if (!(schema instanceof z.ZodNumber)) return value
  const number = typeof value === 'string' && numberForm.test(value) ? Number(value) : value
  if (typeof number !== 'number') return value
  return Math.min(Math.max(number, schema.minValue ?? number), schema.maxValue ?? number)
}

/** Some clients send a list as its JSON. */
function readList(text: string): unknown {
  if (!text.startsWith('[')) return [text]
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : [text]
  } catch {
    return [text] // A text that happens to begin with a bracket.
  }
}
