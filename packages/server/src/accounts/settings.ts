/**
 * What the owner decides about a connection: for one mailbox, and for the whole grant. Typed and bounded here, once; a
 * limit that is not understood must not be read as no limit, so an unknown key is a fault (a later release wrote it).
 * Who enforces a setting is the code it is about.
 */
import * as z from 'zod'

/** Before sealing. Sixteen signatures and two hundred folders fit. */
export const maxSettingsBytes = 32 * 1024

const line = (most: number) => z.string().min(1).max(most)
const count = z.number().int().min(0).max(10_000)

const limits = z.strictObject({
  /** `known`: people already written to. `listed`: the addresses and domains in `listed`. */
  recipients: z.enum(['anyone', 'known', 'own_domain', 'listed']),
  listed: z.array(line(320)).max(500),
  newRecipientsPerDay: count.optional(),
  sendsPerHour: count.optional(),
  attachments: z.boolean(),
})

export type OwnerLimits = z.output<typeof limits>

const signature = z.strictObject({
  /** The identity it belongs to; absent: every other one. */
  address: line(320).optional(),
  text: z.string().max(4_000),
  html: z.string().max(16_000).optional(),
})

export const accountSettings = z.strictObject({
  /** Paths of folders that the assistant does not see. */
  hidden: z.array(line(1_000)).max(200),
  /** Paths of folders in which the assistant changes nothing. Absent: it may in all. */
  readOnly: z.array(line(1_000)).max(200).optional(),
  limits,
  /** IANA name. */
  timeZone: z
    .string()
    .regex(/^[A-Za-z0-9_+/-]{1,64}$/)
    .optional(),
  name: line(200).optional(),
  aliases: z.array(z.strictObject({ address: line(320), name: line(200).optional() })).max(20),
  signatures: z.array(signature).max(16),
  /** Paired browsers; `hash` is SHA-256 of the cookie, `pairedAt` epoch seconds. */
  browsers: z
    .array(
      z.strictObject({
        hash: z.string().regex(/^[0-9a-f]{64}$/),
        pairedAt: z.number().int().min(0),
        name: line(100),
      }),
    )
    .max(8),
})
export type AccountSettings = z.output<typeof accountSettings>

export const asks = ['always', 'ask', 'never'] as const

export const grantSettings = z.strictObject({
  /** Before mail goes out. */
  ask: z.enum(asks),
  /** Whether the app's own question counts under `always`. */
  trust: z.boolean(),
  limits,
})
export type GrantSettings = z.output<typeof grantSettings>

const noLimits: OwnerLimits = { recipients: 'anyone', listed: [], attachments: true }

/** Without a word of the owner's, and for grants of 0.1.0 until their first refresh. */
export const defaultAccountSettings: AccountSettings = {
  hidden: [],
  limits: noLimits,
  aliases: [],
  signatures: [],
  browsers: [],
}
export const defaultGrantSettings: GrantSettings = { ask: 'ask', trust: false, limits: noLimits }
