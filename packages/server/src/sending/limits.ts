/**
 * R93: what the owner allows to leave, for one mailbox and for the whole connection: the stricter of the two holds.
 * Everything is checked before anybody is asked; what is counted is reserved right before DATA. The counters belong to the
 * mailbox, so all its connections share them, and one can use up another's hour; for a day after the seed was rotated an
 * email counts under each key that another connection may still count with. What was reserved is given back only where
 * nothing left.
 */
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { assertReadable } from '../accounts/owner-settings.ts'
import type { OwnerLimits } from '../accounts/settings.ts'
import type { Budget } from '../store/once-store.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import { withLedgerKeys } from './ledger-keys.ts'
import type { ShownMessage } from './outgoing.ts'
import { ownOf } from './own-addresses.ts'
import type { People } from './people.ts'
import type { SendingCall } from './sending-call.ts'

/** Where nothing is limited: a count that another connection's limit is held against. */
const unlimited = 1_000_000
const hourSeconds = 3600
const daySeconds = 24 * hourSeconds

export interface Reservation {
  /** Right before DATA. Throws `owner_limit`; then nothing is reserved. */
  reserve(): Promise<void>
  /** Where nothing left after all. */
  giveBack(): Promise<void>
}

export function allowsAttachments(opened: OpenedAccount): boolean {
  return limitsOf(opened).every(({ attachments }) => attachments)
}

/** Throws `owner_limit`, naming the limit and where the owner changes it. */
export async function assertWithinLimits(
  call: SendingCall,
  opened: OpenedAccount,
  { shown, people }: { readonly shown: ShownMessage; readonly people: People },
): Promise<Reservation> {
  const limits = limitsOf(opened)
  const refuse = (what: string, field?: string) => refusal(call, what, field)
  if (shown.attachments.length > 0 && !allowsAttachments(opened)) {
    throw refuse('lets no attachments out', 'attachments')
  }
  const isOwn = ownOf(opened.account)
  const others = people.addresses.filter((address) => !isOwn({ address }))
  for (const limit of limits) await assertRecipients(limit)
  const newPerDay = least(limits.map(({ newRecipientsPerDay }) => newRecipientsPerDay))
  const strangers = newPerDay === undefined ? [] : await notWrittenTo()
  if (newPerDay !== undefined && strangers.length > newPerDay) throw refuse(newText(newPerDay), 'to')
  const perHour = least(limits.map(({ sendsPerHour }) => sendsPerHour))
  if (perHour === 0) throw refuse(hourText(perHour))
  return createReservation()

  async function assertRecipients({ recipients, listed }: OwnerLimits): Promise<void> {
    if (recipients === 'anyone') return
    const written = recipients === 'known' ? await notWrittenTo() : []
    const isAllowed = {
      known: (address: string) => !written.includes(address),
      own_domain: (address: string) => domainOf(address) === domainOf(opened.address),
      listed: (address: string) => listed.some((entry) => isListed(entry, address)),
    }[recipients]
    const refused = others.find((address) => !isAllowed(address))
    if (refused === undefined) return
    throw refuse(`lets mail go ${whomText[recipients]} only, which ${toLine(refused, 320)} is not`, 'to')
  }

  /** A server that names no Sent proves nobody. */
  async function notWrittenTo(): Promise<readonly string[]> {
    const found = await people.writtenTo()
    return others.filter((address) => found?.has(address.toLowerCase()) !== true)
  }

  function createReservation(): Reservation {
    const { accountId, sealedOwner } = opened
    const taken: { readonly budget: Budget; readonly at: number; readonly forgotten?: string }[] = []
    async function take(budget: Budget, member: string, text: string): Promise<void> {
      const at = call.now()
      const answer = await call.once.takeFrom(budget, member, at)
      if (answer.outcome === 'refused') throw refuse(text)
      const isNew = budget.members !== undefined && !answer.earlier.includes(member)
      taken.push({ budget, at, ...(isNew && { forgotten: member }) })
    }
    async function giveBack(): Promise<void> {
      for (const { budget, at, forgotten } of taken.splice(0)) await call.once.giveBack(budget, at, forgotten)
    }
    return {
      giveBack,
      async reserve() {
        // A grant of 0.1.0 until its first refresh: it has no limits, and no key that it shares.
        if (sealedOwner === undefined) return
        const counters = withLedgerKeys(call.caller, { accountId, sealedOwner }, call.now(), (keys) =>
          keys.mailboxUnder.map((under) => {
            const toMac = (...parts: string[]) => keys.toMac(under, ['limit', ...parts])
            return {
              hour: toMac('hour'),
              day: toMac('day'),
              people: strangers.map((one) => toMac('one', one.toLowerCase())),
            }
          }),
        )
        try {
          for (const macs of counters) {
            const hour = { key: macs.hour, windowSeconds: hourSeconds, events: perHour ?? unlimited }
            await take(hour, 'send', hourText(perHour ?? unlimited))
            if (newPerDay === undefined) continue
            const day = { key: macs.day, windowSeconds: daySeconds, events: unlimited, members: newPerDay }
            for (const member of macs.people) await take(day, member, newText(newPerDay))
          }
        } catch (error) {
          await giveBack()
          throw error
        }
      },
    }
  }
}

const whomText = {
  known: 'to people already written to (those in Sent)',
  own_domain: "to addresses of the mailbox's own domain",
  listed: "to addresses on the owner's list",
} as const

function newText(most: number): string {
  return `lets mail go to ${most} new recipients a day, who are used up or too few for this email`
}

function hourText(most: number): string {
  return `lets ${most} emails an hour go out from this mailbox, which are used up`
}

function refusal({ publicUrl }: SendingCall, what: string, field?: string): ToolError {
  const sentence = `Not sent: the owner's limit ${what}. The owner can change it at ${publicUrl}/oauth/connections.`
  return new ToolError('owner_limit', sentence, field === undefined ? {} : { field })
}

function limitsOf({ settings }: OpenedAccount): readonly OwnerLimits[] {
  const { account, grant } = assertReadable(settings)
  return [account.limits, grant.limits]
}

function least(limits: readonly (number | undefined)[]): number | undefined {
  const set = limits.filter((one) => one !== undefined)
  return set.length === 0 ? undefined : Math.min(...set)
}

/** `ann@example.org`, `example.org` or `@example.org`; a domain's own subdomains are others. */
function isListed(entry: string, address: string): boolean {
  const wanted = entry.trim().toLowerCase()
  const at = wanted.lastIndexOf('@')
  return at > 0 ? wanted === address.toLowerCase() : wanted.slice(at + 1) === domainOf(address)
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}
