/** One document, as it is read in its thread, without one: what a thread adds is in hostile.test.ts. */
import { readBytes } from '../../src/documents/extract.ts'

type Order = Parameters<typeof readBytes>[1]

export async function read(content: Buffer | string, order: Partial<Order> = {}) {
  const whole = {
    filename: '',
    contentType: 'application/octet-stream',
    charset: '',
    enough: 1_000_000,
    ...order,
  }
  return await readBytes(Buffer.from(content), whole)
}

/** Fails with what came instead. */
export async function readText(content: Buffer | string, order: Partial<Order> = {}) {
  const document = await read(content, order)
  if (document.kind !== 'text') throw new Error(`No text but ${JSON.stringify(document).slice(0, 500)}`)
  return document
}

export async function readRefusal(content: Buffer | string, order: Partial<Order> = {}): Promise<string> {
  const document = await read(content, order)
  if (document.kind !== 'refused') throw new Error(`No refusal but ${JSON.stringify(document).slice(0, 500)}`)
  return document.sentence
}
