/**
 * R52, R92: whether an email may go out: what the owner set for this connection, and what the person at a client that can
 * ask said. The tool answers with a question and a sealed state; the client comes back with both (2026-07-28; in the 2025
 * era the SDK asks over the session and comes back by itself). The state opens for its grant alone, once, for five
 * minutes, and holds a hash of the bytes that go out: a yes to one email sends no other. It guards against a model that
 * was talked into sending; a client that lies about what its user said is what `always` is for.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { ComposedMessage } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { assertReadable } from '../accounts/owner-settings.ts'
import { toGrantSecret } from '../keys/account-secret.ts'
import { SealBrokenError } from '../keys/seal.ts'
import { createHintCipher } from '../keys/token-cipher.ts'
import type { ToolQuestion } from '../tool-call/tool.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ReleasedBy, SendingCall } from './sending-call.ts'
import { hashOfBytes } from './shown-hash.ts'

const purpose = 'confirmation'
const lifeSeconds = 300

/** Of whom the ledger's Message-ID and the Date are, so that a second round makes the same bytes. */
const made = { attempt: z.string(), madeAt: z.number() }
const stored = z.object({
  ...made,
  id: z.string(),
  accountId: z.string(),
  hash: z.string(),
  expiresAt: z.number(),
})
type Stored = z.output<typeof stored>

type Call = Pick<SendingCall, 'asking' | 'caller' | 'once' | 'now'>

export interface Confirmation {
  /** UUID. */
  readonly attempt: string
  /** Epoch seconds. */
  readonly madeAt: number
  /** Nobody was asked yet, and somebody is going to be. */
  readonly asksNow: boolean
  /**
   * `hold`: nobody released it. `toQuestion` is called where somebody is asked. Throws `declined` or `not_confirmed`;
   * then nothing is sent.
   */
  decide(
    composed: Pick<ComposedMessage, 'bytesWithBcc'>,
    toQuestion: () => Promise<string>,
  ): Promise<ToolQuestion | 'send' | 'hold'>
}

/** The owner lets an app ask for them, by its own question or by a review card. */
export function letsAppsAsk({ settings }: Pick<OpenedAccount, 'settings'>): boolean {
  const { ask, trust } = assertReadable(settings).grant
  return ask === 'ask' || (ask === 'always' && trust)
}

/**
 * Throws `not_confirmed` where the client's answer belongs to no question of this account, or to an old one.
 * `releasedBy`: a yes on a review card counts if the owner's settings still let it, the owner's own always.
 */
export function openConfirmation(
  call: Call,
  { accountId, settings }: Pick<OpenedAccount, 'accountId' | 'settings'>,
  releasedBy?: ReleasedBy,
): Confirmation {
  const { ask } = assertReadable(settings).grant
  const lets = letsAppsAsk({ settings })
  if (releasedBy === 'card' && !lets && ask !== 'never') {
    throw new ToolError(
      'not_confirmed',
      'Not sent: the owner has since decided that no app may send for them. The email is still in Drafts, and any mail program can send it.',
    )
  }
  const mayAsk = call.asking.canAsk && lets && releasedBy === undefined
  const state = mayAsk && call.asking.state !== undefined ? openState(call, accountId) : undefined
  const { attempt, madeAt } = state ?? { attempt: randomUUID(), madeAt: call.now() }
  return {
    attempt,
    madeAt,
    asksNow: mayAsk && state === undefined,
    async decide({ bytesWithBcc }, toQuestion) {
      if (ask === 'never' || releasedBy !== undefined) return 'send'
      if (!mayAsk) return 'hold'
      const hash = hashOfBytes(bytesWithBcc)
      if (state !== undefined) return await readAnswer(call, state, hash)
      const expiresAt = call.now() + lifeSeconds
      const asked = { attempt, madeAt, id: randomBytes(16).toString('hex'), accountId, hash, expiresAt }
      return { question: await toQuestion(), state: sealState(call, asked) }
    },
  }
}

async function readAnswer({ asking, once }: Call, state: Stored, hash: string): Promise<'send' | 'hold'> {
  if (state.hash !== hash) throw notConfirmed('The confirmation belongs to another email')
  // A no uses it up as well: a state that was kept cannot become a yes.
  if (!(await once.useOnce(`confirm#${state.id}`, state.expiresAt))) {
    throw notConfirmed('The confirmation was used before')
  }
  if (asking.answer === 'accept') return 'send'
  if (asking.answer === 'decline') {
    throw new ToolError('declined', 'The user said no: this email was not sent.')
  }
  // Clients that nobody watches answer `cancel` by themselves; a dialogue that is closed says no more.
  return 'hold'
}

function openState(call: Call, accountId: string): Stored {
  const { caller, asking } = call
  const state = unseal()
  if (state === undefined || state.accountId !== accountId) {
    throw notConfirmed('The confirmation belongs to another email')
  }
  if (state.expiresAt <= call.now()) throw notConfirmed('The confirmation is older than five minutes')
  return state

  function unseal(): Stored | undefined {
    try {
      const plain = createHintCipher(toGrantSecret(caller.secret)).open(
        purpose,
        caller.grantId,
        asking.state ?? '',
      )
      return stored.parse(JSON.parse(Buffer.from(plain).toString('utf8')))
    } catch (error) {
      if (error instanceof SealBrokenError) return undefined
      throw error
    }
  }
}

function sealState({ caller }: Call, state: Stored): string {
  const plain = Buffer.from(JSON.stringify(state), 'utf8')
  return createHintCipher(toGrantSecret(caller.secret)).seal(purpose, caller.grantId, plain)
}

function notConfirmed(reason: string): ToolError {
  return new ToolError(
    'not_confirmed',
    `${reason}: nothing was sent by this call. A new call asks again; draft_email keeps it for the owner.`,
  )
}
