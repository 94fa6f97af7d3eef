/**
 * The owner's settings behind a proved login: those of the mailbox, and, for the owner of a connection's first mailbox, what may
 * go out through all of it. A form says from which version it was made: where somebody saved meanwhile the page says
 * so, keeps what was typed, and the next save is meant.
 */
import type { Grant } from '@email-connector/oauth'
import type { OpenOwnersGrant, OwnersGrant } from '../accounts/owners-grant.ts'
import { SettingsTooLargeError } from '../accounts/sealed-settings.ts'
import { defaultAccountSettings, defaultGrantSettings } from '../accounts/settings.ts'
import { type Permission, permissions, permits } from '../caller.ts'
import type { Html } from '../pages/html.ts'
import { mailboxSettingsPage } from '../pages/mailbox-settings-page.ts'
import { sendingPage } from '../pages/sending-page.ts'
import { changedMeanwhile, notReadable, savedNote } from '../pages/settings-notes.ts'
import type { Fields } from './form.ts'
import type { FieldFault, TypedFields } from './form-reader.ts'
import { parseMailboxSettings, typedMailboxSettings } from './mailbox-settings-fields.ts'
import type { OwnedGrants } from './owned-grants.ts'
import type { PageProof } from './page-proof.ts'
import { parseSendingSettings, typedSendingSettings } from './sending-settings-fields.ts'
import { withSafeSignatures } from './signature-html.ts'
import { createWithRoom } from './with-room.ts'

/** `mailbox`: of the proved one. `sending`: of the whole connection. */
export type SettingsKind = 'mailbox' | 'sending'

export interface SettingsPages {
  show(proof: PageProof, kind: SettingsKind, grantId: string): Promise<Response>
  save(proof: PageProof, kind: SettingsKind, fields: Fields): Promise<Response>
}

interface Shown {
  readonly values?: TypedFields
  readonly faults?: readonly FieldFault[]
  readonly notice?: Html
  readonly status?: number
}

/** One of the two forms, with what it is about. */
interface Form {
  /** Nothing is stored, or it does not open. */
  readonly isMissing: boolean
  readonly stored: TypedFields
  save(fields: Fields, shown: number): Promise<'written' | 'changed' | readonly FieldFault[]>
  page(shown: Shown): Response
}

export function createSettingsPages(options: {
  readonly owned: OwnedGrants
  readonly openOwnersGrant: OpenOwnersGrant
}): SettingsPages {
  const withRoom = createWithRoom(options)

  /** A page that says why, where there is no form. */
  async function withForm<T>(
    proof: PageProof,
    { kind, grantId }: { readonly kind: SettingsKind; readonly grantId: string },
    use: (form: Form) => Promise<T>,
  ): Promise<T | Response> {
    return await withRoom(proof, grantId, async ({ room, grant, stop }) => {
      if (kind === 'mailbox') return await use(mailboxForm(proof, grant, room))
      if (!room.isFirst) return stop('not_first')
      if (permissionOf(grant) !== 'send') return stop('cannot_send')
      return await use(sendingForm(proof, grant, room))
    })
  }

  return {
    show: (proof, kind, grantId) =>
      withForm(proof, { kind, grantId }, async (form) =>
        form.page(form.isMissing ? { notice: notReadable() } : {}),
      ),

    async save(proof, kind, fields) {
      const place = { kind, grantId: fields.get('grant') ?? '' }
      const typed = Object.fromEntries(fields)
      const shown = /^\d{1,15}$/.test(typed.version ?? '') ? Number(typed.version) : Number.NaN
      const outcome = await withForm(proof, place, async (form) => {
        const saved = await form.save(fields, shown)
        return typeof saved === 'string' ? saved : form.page({ values: typed, faults: saved, status: 422 })
      })
      if (outcome instanceof Response) return outcome
      // Read again: what was saved just now, by this form or by another.
      return await withForm(proof, place, async (form) =>
        outcome === 'written'
          ? form.page({ notice: savedNote() })
          : form.page({ values: typed, notice: changedMeanwhile(form.stored, typed), status: 409 }),
      )
    },
  }
}

function mailboxForm(proof: PageProof, grant: Grant, room: OwnersGrant): Form {
  const settings = room.account ?? defaultAccountSettings
  const withLimits = permissionOf(grant) === 'send' && grant.accountIds.length > 1
  const form = commonOf(proof, grant)
  return {
    isMissing: room.account === undefined,
    stored: typedMailboxSettings(settings),
    async save(fields, shown) {
      const { parsed, faults } = parseMailboxSettings(fields, settings, { withLimits })
      if (parsed === undefined) return faults
      const safe = await withSafeSignatures(parsed)
      if (safe.faults !== undefined) return safe.faults
      return await withinSize(() => room.saveAccount(safe.parsed, shown))
    },
    page: ({ values = typedMailboxSettings(settings), faults = [], ...shown }) =>
      mailboxSettingsPage({
        ...{ ...form, ...shown, values, faults, withLimits },
        version: room.versions.account,
        mayWrite: permits(permissionOf(grant), 'write'),
      }),
  }
}

function sendingForm(proof: PageProof, grant: Grant, room: OwnersGrant): Form {
  const settings = room.grant ?? defaultGrantSettings
  return {
    isMissing: room.grant === undefined,
    stored: typedSendingSettings(settings),
    async save(fields, shown) {
      const { parsed, faults } = parseSendingSettings(fields)
      return parsed === undefined ? faults : await withinSize(() => room.saveGrant(parsed, shown))
    },
    page: ({ values = typedSendingSettings(settings), faults = [], ...shown }) =>
      sendingPage({
        ...{ ...commonOf(proof, grant), ...shown, values, faults },
        version: room.versions.grant,
        mailboxes: grant.accountIds.length,
      }),
  }
}

function commonOf({ handle, owner }: PageProof, { grantId, clientName }: Grant) {
  return { proof: handle, grantId, clientName, address: owner.address }
}

async function withinSize<T>(save: () => Promise<T>): Promise<T | readonly FieldFault[]> {
  try {
    return await save()
  } catch (error) {
    if (!(error instanceof SettingsTooLargeError)) throw error
    const message = 'All of it together is too long to be kept. Shorten the signatures or the lists.'
    return [{ field: 'main', message }]
  }
}

function permissionOf(grant: Grant): Permission {
  return permissions.find((known) => known === grant.permission) ?? 'read'
}
