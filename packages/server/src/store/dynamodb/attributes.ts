/** Plain values to DynamoDB attributes and back. A stored attribute of another type is a damaged row: it throws. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'

export type Item = Record<string, AttributeValue>
export type Plain =
  | string
  | number
  | boolean
  | readonly string[]
  | ReadonlySet<string>
  | Readonly<Record<string, string>>

function toAttribute(value: Plain): AttributeValue {
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'number') return { N: String(value) }
  if (typeof value === 'boolean') return { BOOL: value }
  if (isSet(value)) return { SS: [...value] }
  if (isList(value)) return { L: value.map((text) => ({ S: text })) }
  return { M: toItem(value) }
}

/** What is undefined is not stored. */
export function toItem(values: Readonly<Record<string, Plain | undefined>>): Item {
  const item: Item = {}
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) item[name] = toAttribute(value)
  }
  return item
}

export function readText(item: Item, name: string): string {
  const text = item[name]?.S
  if (text === undefined) throw damaged(name)
  return text
}

export function readNumber(item: Item, name: string): number {
  const value = Number(item[name]?.N)
  if (!Number.isFinite(value)) throw damaged(name)
  return value
}

export function readTexts(item: Item, name: string): string[] {
  const list = item[name]?.L
  if (list === undefined) throw damaged(name)
  return list.map((entry) => entry.S ?? '')
}

/** `{ name: value }` when the attribute is there, else nothing: to be spread into a row. */
export function optionalText<N extends string>(item: Item, name: N): { [K in N]?: string } {
  return item[name] === undefined ? {} : ({ [name]: readText(item, name) } as { [K in N]: string })
}

export function optionalNumber<N extends string>(item: Item, name: N): { [K in N]?: number } {
  return item[name] === undefined ? {} : ({ [name]: readNumber(item, name) } as { [K in N]: number })
}

function isSet(value: object): value is ReadonlySet<string> {
  return value instanceof Set
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value)
}

function damaged(name: string): Error {
  return new Error(`A stored row lacks ${name} or holds it in another type`)
}
