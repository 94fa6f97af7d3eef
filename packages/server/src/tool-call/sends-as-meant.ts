/**
 * What a tool that sends does not go on without: a parameter of the caller's own that says to whom, when, as what or
 * whether an email leaves. Any other is dropped and named (lenient-arguments.ts); behind these an email cannot be
 * called back.
 */
import * as z from 'zod'
import { ToolError } from '../wire/tool-error.ts'
import type { Tool } from './tool.ts'

const inDraft = 'draft_email and update_draft take it, and send_draft sends what they save.'
const atOnce =
  'It sends at once, and nothing here sends later: draft_email saves a draft that send_draft can send then.'
const asDraft = 'It sends at once: draft_email saves a draft instead and sends nothing.'

/** What the tools do instead, by the name in lower case without its separators. */
const instead: Readonly<Record<string, string>> = {
  from: inDraft,
  to: inDraft,
  cc: inDraft,
  bcc: inDraft,
  subject: inDraft,
  body: inDraft,
  attachments: inDraft,
  replyto: 'Answers go to the address that the email is from.',
  sendat: atOnce,
  dryrun: asDraft,
  draft: asDraft,
  html: 'The body is Markdown, which goes out as HTML too: give it as that alone.',
}

/** Throws `invalid_input` that names the first of them. */
export function assertSendsAsMeant(
  { permission, forCards, input }: Pick<Tool, 'permission' | 'forCards' | 'input'>,
  given: unknown,
  unknown: readonly string[],
): void {
  if (permission !== 'send' || forCards === true) return
  for (const name of unknown) {
    const way = toWay(name, input)
    if (way === undefined || saysNothing(Reflect.get(Object(given), name))) continue
    const sentence = `"${name}" is no parameter of this tool, so nothing was sent. ${way}`
    throw new ToolError('invalid_input', sentence, { field: name })
  }
}

function toWay(name: string, input: Tool['input']): string | undefined {
  if (name.length > 20) return undefined
  const plain = name.toLowerCase().replaceAll(/[_-]/g, '')
  if (/^schedule[a-z]{0,12}$/.test(plain)) return atOnce
  if (!Object.hasOwn(instead, plain)) return undefined
  const isKnown = input instanceof z.ZodObject && Object.hasOwn(input.shape, plain)
  return isKnown ? `It is spelt "${plain}".` : instead[plain]
}

/** `bcc: []`, `dry_run: false`: what the tool does anyhow. */
function saysNothing(value: unknown): boolean {
  return (
    [null, '', false, 'false'].some((one) => one === value) || (Array.isArray(value) && value.length === 0)
  )
}
