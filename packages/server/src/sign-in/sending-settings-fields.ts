/** The fields of what may go out through a connection, and their parse. */
import type { GrantSettings } from '../accounts/settings.ts'
import type { Fields } from './form.ts'
import { createFormReader, type ParsedFields, type TypedFields } from './form-reader.ts'
import { parseLimits, typedLimits } from './limit-fields.ts'

const asks = ['always', 'ask', 'never'] as const

export function parseSendingSettings(fields: Fields): ParsedFields<GrantSettings> {
  const reader = createFormReader(fields)
  const typed = reader.text('ask')
  const ask = asks.find((one) => one === typed)
  if (ask === undefined) reader.refuse('ask', 'Choose whether you are asked before mail goes out.')
  const limits = parseLimits(reader)
  if (ask === undefined || reader.faults.length > 0) return { faults: reader.faults }
  return { parsed: { ask, trust: reader.has('trust'), limits } }
}

export function typedSendingSettings({ ask, trust, limits }: GrantSettings): TypedFields {
  return { ask, ...(trust && { trust: 'on' }), ...typedLimits(limits) }
}
