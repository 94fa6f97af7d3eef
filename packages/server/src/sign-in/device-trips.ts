/**
 * From a form to a provider's sign-in by device code and back: the page with the code asks the provider by loading itself
 * again. Only the local runner has these trips. Strangers could get a code from an open page, send it to someone, and have
 * that person's mailbox connected to an app of their own.
 *
 * However often a browser loads the page, in however many tabs, one of them has the turn and asks once in an interval
 * (RFC 8628 §3.5). What the provider says is kept first and used by the next load, once: a load that was given up loses
 * nothing. A load that is given up while the mailbox is connected (the link was pressed twice, or as the page loaded itself)
 * loses nothing either: the next one is answered the same. After a crash between the provider's answer and its keeping the
 * provider knows the code no longer, and the person is told.
 */
import { randomBytes } from 'node:crypto'
import type { EpochSeconds } from '@email-connector/oauth'
import type { Permission } from '../caller.ts'
import type { Log } from '../log.ts'
import { devicePage } from '../pages/device-page.ts'
import { tooManyAttempts } from '../pages/sign-in-messages.ts'
import type { DeviceAnswer, DeviceClient, DeviceCodes } from '../provider-tokens/device-client.ts'
import type { ProviderTokens } from '../provider-tokens/provider-client.ts'
import { type ProviderRefusal, ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import type { DeviceRow, DeviceStore, DeviceTurn } from '../store/device-store.ts'
import type { OnceStore } from '../store/once-store.ts'
import { createBrowserSeal } from './browser-seal.ts'
import { deviceFault } from './device-faults.ts'
import type { Fault, ParsedMailbox } from './form.ts'
import { withCookies } from './known-browser.ts'
import type { TripPage } from './pending-sign-in.ts'
import { providerGone, toMailbox } from './provider-mailbox.ts'
import type { ReturnedMailbox, Trip } from './trip.ts'

export interface DeviceTrips {
  /** GET */
  readonly path: string
  /** The way to the page with the code, or why there is none. */
  leave(trip: Trip): Promise<Response | Fault>
  /**
   * The page again, or what `goOn` makes of the form when the provider has spoken. Undefined: it belongs to no sign-in of
   * this browser.
   */
  comeBack(
    request: Request,
    goOn: (returned: ReturnedMailbox) => Promise<Response>,
  ): Promise<Response | undefined>
}

/** Sealed. */
interface PendingDevice {
  readonly page: TripPage
  /** What the form said, but for the password. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly issuer: string
  readonly clientId: string
  readonly permission: Permission
  readonly lasting: boolean
  readonly address?: string
  readonly codes: DeviceCodes
  readonly endsAt: EpochSeconds
  readonly outcome?: Outcome
}

type Outcome =
  | { readonly tokens: ProviderTokens; readonly address?: string; readonly refusal?: never }
  | { readonly refusal: ProviderRefusal }

interface Browser {
  readonly state: string
  /** Of its cookie. */
  readonly value: string
}

/** What a browser is answered whose form went on. */
interface Ending {
  readonly value: string
  readonly answer: Promise<Response>
  readonly until: EpochSeconds
}

interface Found extends Browser {
  readonly row: DeviceRow
  readonly pending: PendingDevice
}

const path = '/oauth/provider/device'
/** As long as the sign-in around it. */
const longestSeconds = 15 * 60
/** So long the page still says why it ended. */
const keptSeconds = 10 * 60
/** Longer than a mailbox takes to be connected, and than a browser takes to ask again. */
const endingSeconds = 60
/** Longer than the provider is waited for (8 s), for its metadata and for the answer. */
const turnSeconds = 20
/** Each is a request to the provider, which any browser with our form can cause. */
const maxCodes = 30
const windowSeconds = 15 * 60
/** RFC 8628 §3.5. */
const slowDownSeconds = 5
const longestPauseSeconds = 60

export function createDeviceTrips(options: {
  readonly clients: readonly DeviceClient[]
  readonly store: DeviceStore
  readonly once: Pick<OnceStore, 'count'>
  readonly publicUrl: string
  readonly log: Log
  readonly now: () => EpochSeconds
}): DeviceTrips {
  const { clients, store, publicUrl, log, now } = options
  const seal = createBrowserSeal('device', publicUrl)
  /** By the id of the row, which is gone. */
  const endings = new Map<string, Ending>()

  function clientOf(provider: Pick<SignInProvider, 'issuer' | 'clientId'>): DeviceClient | undefined {
    return clients.find(
      (client) =>
        client.provider.issuer === provider.issuer && client.provider.clientId === provider.clientId,
    )
  }

  function refused(refusal: ProviderRefusal, provider: SignInProvider): Fault {
    log({ event: 'connect', outcome: 'refused', code: refusal, provider: provider.id })
    return deviceFault(refusal, provider)
  }

  function findBrowser(request: Request): Browser | undefined {
    const states = new URL(request.url).searchParams.getAll('state')
    const [state] = states
    if (state === undefined || states.length > 1) return undefined
    const value = seal.valueOf(request, state)
    return value === undefined ? undefined : { state, value }
  }

  function toFound({ state, value }: Browser, row: DeviceRow | undefined): Found | undefined {
    if (row === undefined) return undefined
    // Authenticated, so it is what `leave` or a turn wrote.
    const pending = seal.open(state, value, row.sealed) as PendingDevice | undefined
    return pending === undefined ? undefined : { state, value, row, pending }
  }

  function show({ state, pending }: Found, { provider }: DeviceClient, turn: Omit<DeviceTurn, 'sealed'>) {
    const { codes, fields, address, endsAt } = pending
    return devicePage({
      ...{ name: provider.name, codes, fields, isSilent: turn.isSilent },
      ...(address !== undefined && { address }),
      path: pathOf(state),
      secondsLeft: endsAt - now(),
      // A turn may end before it has to, and so may the code.
      secondsToNext: Math.max(1, Math.min(turn.askAt, endsAt, now() + turn.intervalSeconds + 1) - now()),
    })
  }

  /** Asks the provider once, where this load gets the turn, and keeps what came of it. */
  async function takeTurn(found: Found, client: DeviceClient): Promise<Response> {
    const { state, value, row, pending } = found
    const id = seal.idOf(state)
    const holder = randomBytes(12).toString('base64url')
    const until = now() + Math.max(turnSeconds, row.intervalSeconds + 1)
    if (!(await store.takeTurn(id, now(), { holder, until }))) return show(found, client, row)
    const answer = await ask(client, pending)
    if ('outcome' in answer) {
      const sealed = seal.seal(state, value, { ...pending, outcome: answer.outcome } satisfies PendingDevice)
      await store.endTurn(id, holder, { ...row, sealed, askAt: now(), isSilent: false })
      return new Response(null, { status: 303, headers: { Location: pathOf(state) } })
    }
    const intervalSeconds = nextInterval(answer.kind, row.intervalSeconds)
    const isSilent = answer.kind === 'unanswered'
    const turn = { sealed: row.sealed, intervalSeconds, askAt: now() + intervalSeconds + 1, isSilent }
    await store.endTurn(id, holder, turn)
    return show(found, client, turn)
  }

  /** Lets the form go on, once, and keeps what it is answered for a load that comes meanwhile. */
  async function finish(
    browser: Browser,
    request: Request,
    goOn: (returned: ReturnedMailbox) => Promise<Response>,
  ): Promise<Response | undefined> {
    const { state, value } = browser
    const id = seal.idOf(state)
    const taken = toFound(browser, await store.take(id, now()))
    if (taken === undefined) return await findEnding(browser)
    const { page, fields } = taken.pending
    const cookie = request.headers.get('cookie') ?? ''
    const answer = goOn({
      kind: 'mailbox',
      page,
      fields: new Map(fields),
      request: new Request(publicUrl, { headers: { cookie } }),
      mailbox: readOutcome(taken.pending),
      cookie: seal.cookie(state, '', 0),
    })
    for (const [other, { until }] of endings) if (until <= now()) endings.delete(other)
    endings.set(id, { value, answer, until: now() + endingSeconds })
    return (await answer).clone()
  }

  async function findEnding({ state, value }: Browser): Promise<Response | undefined> {
    const ending = endings.get(seal.idOf(state))
    if (ending === undefined || ending.value !== value || ending.until <= now()) return undefined
    return (await ending.answer).clone()
  }

  function readOutcome(pending: PendingDevice): ParsedMailbox {
    const client = clientOf(pending)
    if (client === undefined) return providerGone
    const { outcome = { refusal: 'expired' } as const } = pending
    try {
      if (outcome.refusal !== undefined) throw new ProviderRefusedError(outcome.refusal)
      return toMailbox(client.provider, pending, outcome, now())
    } catch (error) {
      if (!(error instanceof ProviderRefusedError)) throw error
      return { faults: [refused(error.refusal, client.provider)] }
    }
  }

  return {
    path,

    async leave({ page, fields, wish, permission, lasting, endsAt: aroundEndsAt = Infinity }) {
      const client = clientOf(wish.provider)
      if (client === undefined) throw new Error('A provider without a client was offered')
      if ((await options.once.count('device-codes', windowSeconds, now())) > maxCodes)
        return tooManyAttempts()
      const { issuer, clientId } = client.provider
      const { address } = wish
      try {
        const codes = await client.begin({ permission, lasting })
        const endsAt = Math.min(now() + Math.min(codes.lifeSeconds, longestSeconds), aroundEndsAt)
        const pending: PendingDevice = {
          ...{ page, issuer, clientId, permission, lasting, codes, endsAt },
          ...(address !== undefined && { address }),
          fields: [...fields].filter(([field]) => field !== 'password'),
        }
        const [state, value] = [randomBytes(32).toString('base64url'), seal.createValue()]
        await store.create(seal.idOf(state), {
          sealed: seal.seal(state, value, pending),
          intervalSeconds: codes.intervalSeconds,
          askAt: now() + codes.intervalSeconds + 1,
          isSilent: false,
          expiresAt: endsAt + keptSeconds,
        })
        const answer = new Response(null, { status: 303, headers: { Location: pathOf(state) } })
        return withCookies(answer, [seal.cookie(state, value, endsAt + keptSeconds - now())])
      } catch (error) {
        if (!(error instanceof ProviderRefusedError)) throw error
        return refused(error.refusal, client.provider)
      }
    },

    async comeBack(request, goOn) {
      const browser = findBrowser(request)
      if (browser === undefined) return undefined
      const found = toFound(browser, await store.find(seal.idOf(browser.state), now()))
      if (found === undefined) return await findEnding(browser)
      const { row, pending } = found
      const client = clientOf(pending)
      if (client === undefined || pending.outcome !== undefined) return await finish(found, request, goOn)
      const isEarly = row.askAt > now()
      const isOver = pending.endsAt <= now()
      // Somebody asks at this moment, and may hear that the person came in time.
      if (isEarly && (!isOver || row.holder !== undefined)) return show(found, client, row)
      return isOver ? await finish(found, request, goOn) : await takeTurn(found, client)
    },
  }
}

async function ask(
  client: DeviceClient,
  { codes, permission }: PendingDevice,
): Promise<{ readonly outcome: Outcome } | Exclude<DeviceAnswer, { kind: 'signed_in' }>> {
  try {
    const answer = await client.ask(codes.deviceCode, permission)
    if (answer.kind !== 'signed_in') return answer
    const { kind: _kind, ...outcome } = answer
    return { outcome }
  } catch (error) {
    if (!(error instanceof ProviderRefusedError)) throw error
    return { outcome: { refusal: error.refusal } }
  }
}

/** RFC 8628 §3.5: five seconds more when asked to slow down, twice as long after a lost answer. */
function nextInterval(kind: 'pending' | 'slow_down' | 'unanswered', seconds: number): number {
  if (kind === 'slow_down') return seconds + slowDownSeconds
  if (kind === 'unanswered') return Math.max(seconds, Math.min(seconds * 2, longestPauseSeconds))
  return seconds
}

function pathOf(state: string): string {
  return `${path}?state=${encodeURIComponent(state)}`
}
