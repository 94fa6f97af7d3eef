/**
 * The token of an undo: the steps themselves, sealed for their grant, where they are short, else the name of a row that
 * holds them. So most changes cost no call to the store, and no model has to copy two thousand numbers. It opens for 24
 * hours. It may be used again: a step touches only what is still where its change left it, so that an undo which a
 * crash cut short is finished by the same token. It is sealed so that `undo` does nothing but take back what this
 * connection did: a token that a mail brings along opens nothing.
 */
import { randomBytes } from 'node:crypto'
import type { UndoStep } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import { SealBrokenError } from '../keys/seal.ts'
import { createHintCipher } from '../keys/token-cipher.ts'
import { ToolError } from '../wire/tool-error.ts'
import { type AccountUndo, decodeUndo, encodeUndo, type Undo } from '../wire/undo-steps.ts'
import type { ToolCall } from './tool.ts'

const purpose = 'undo'
const lifeSeconds = 24 * 3600
/** Some fifty scattered emails; a row's name has 23. */
const maxTokenChars = 320
/** A row of DynamoDB may have 400 kB; two thousand scattered UIDs take 6. */
const maxRowChars = 64 * 1024
/** base64url of 17 bytes: no sealed text is as short. */
const rowIdBytes = 17
const rowIdChars = 23

type Surroundings = Pick<ToolCall, 'caller' | 'once' | 'now'>

/** Undefined: nothing to undo, or no place for it now. The change is made by then, so it never throws for that. */
export async function createUndoToken(
  { caller, once, now }: Surroundings,
  accounts: readonly AccountUndo[],
): Promise<string | undefined> {
  const changed = accounts.filter(({ steps }) => steps.length > 0)
  // A client that went away has no secret any more, and nobody reads the answer.
  if (changed.length === 0 || caller.secret.every((byte) => byte === 0)) return undefined
  const plain = encodeUndo({ at: now(), accounts: changed })
  const sealed = createHintCipher(caller.secret).seal(purpose, caller.grantId, plain)
  if (sealed.length <= maxTokenChars) return sealed
  if (sealed.length > maxRowChars) return undefined
  const id = randomBytes(rowIdBytes).toString('base64url')
  try {
    await once.keepUndo(id, { sealedSteps: sealed, expiresAt: now() + lifeSeconds })
    return id
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined
    throw error
  }
}

/** Of each account the steps of all tokens, the newest change first. Throws `invalid_input`. */
export async function openUndoTokens(
  around: Surroundings,
  tokens: readonly string[],
): Promise<readonly AccountUndo[]> {
  const undos: Undo[] = []
  for (const [at, token] of [...new Set(tokens)].entries()) undos.push(await openUndoToken(around, token, at))
  undos.sort((a, b) => b.at - a.at)
  const steps = new Map<string, UndoStep[]>()
  for (const one of undos.flatMap(({ accounts }) => accounts))
    steps.set(one.accountTag, [...(steps.get(one.accountTag) ?? []), ...one.steps])
  return [...steps].map(([accountTag, ofAccount]) => ({ accountTag, steps: ofAccount }))
}

async function openUndoToken({ caller, once, now }: Surroundings, token: string, at: number): Promise<Undo> {
  const isRow = token.length === rowIdChars && /^[\w-]+$/.test(token)
  const sealed = isRow ? (await once.findUndo(token, now()))?.sealedSteps : token
  const undo = sealed === undefined ? undefined : open({ caller }, sealed)
  if (undo !== undefined && undo.at + lifeSeconds > now()) return undo
  throw new ToolError(
    'invalid_input',
    `"undo[${at}]" is not a token of this connection, or its change is older than 24 hours: give it as the change answered it.`,
    { field: `undo[${at}]` },
  )
}

function open({ caller }: Pick<Surroundings, 'caller'>, sealed: string) {
  try {
    return decodeUndo(createHintCipher(caller.secret).open(purpose, caller.grantId, sealed))
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}
