/**
 * The fields of one mailbox's settings and their parse: text areas with a line an entry, as a person types them. The bounds
 * are those of the settings' schema.
 */
import { assertAddress, assertNoControls } from '@email-connector/mail'
import type { AccountSettings } from '../accounts/settings.ts'
import type { Fields } from './form.ts'
import {
  createFormReader,
  type FormReader,
  type ParsedFields,
  passes,
  shorten,
  type TypedFields,
} from './form-reader.ts'
import { parseLimits, typedLimits } from './limit-fields.ts'

const maxName = 200
const maxAddress = 320
const maxAliases = 20
/** That of every address, and those of other addresses. */
const maxSignatures = 16
const maxFolders = 200
const maxPath = 1_000
const maxSignatureText = 4_000
const maxSignatureHtml = 16_000

export function parseMailboxSettings(
  fields: Fields,
  stored: AccountSettings,
  options: { readonly withLimits: boolean },
): ParsedFields<AccountSettings> {
  const reader = createFormReader(fields)
  const name = reader.line('name', maxName, 'Your name')
  const aliases = parseAliases(reader)
  const signatures = parseSignatures(reader)
  const timeZone = parseTimeZone(reader)
  const hidden = parseFolders(reader, 'hidden', 'Hidden folders')
  const readOnly = parseFolders(reader, 'read_only', 'Folders to read only')
  const limits = options.withLimits ? parseLimits(reader) : stored.limits
  if (reader.faults.length > 0) return { faults: reader.faults }
  const { name: _name, timeZone: _zone, readOnly: _readOnly, ...kept } = stored
  return {
    parsed: {
      ...kept,
      ...{ hidden, limits, aliases, signatures },
      ...(readOnly.length > 0 && { readOnly }),
      ...(name !== '' && { name }),
      ...(timeZone !== undefined && { timeZone }),
    },
  }
}

function parseTimeZone(reader: FormReader): string | undefined {
  const zone = reader.line('time_zone', 64, 'The time zone')
  if (zone === '') return undefined
  if (!isTimeZone(zone)) reader.refuse('time_zone', 'Choose a time zone from the list.')
  return zone
}

/** An IANA name: what else the runtime takes, such as `+01:00`, is none. */
function isTimeZone(zone: string): boolean {
  return (
    /^[A-Za-z0-9_+/-]{1,64}$/.test(zone) &&
    !/^[+-]/.test(zone) &&
    passes(() => new Intl.DateTimeFormat('en', { timeZone: zone }))
  )
}

/** `ann@example.com` or `Ann Smith <ann@example.com>`. */
function parseAliases(reader: FormReader): AccountSettings['aliases'] {
  const found = new Map<string, AccountSettings['aliases'][number]>()
  for (const line of reader.lines('aliases', maxAliases, 'Other addresses')) {
    const [, given = '', inBrackets] = /^([^<>]*)<([^<>]*)>$/.exec(line) ?? []
    const address = (inBrackets ?? line).trim()
    const name = given.trim().replace(/^"(.*)"$/, '$1')
    const isAddress = address.length <= maxAddress && passes(() => assertAddress(address, 'aliases'))
    if (!isAddress || name.length > maxName || !passes(() => assertNoControls(name, 'aliases'))) {
      const message = `“${shorten(line)}” is no address. Write one a line, such as Ann Smith <ann@example.com>.`
      reader.refuse('aliases', message)
    } else found.set(address.toLowerCase(), name === '' ? { address } : { address, name })
  }
  return [...found.values()]
}

/** `signature_text_0` is that of every address; the next ones are of the address that is named beside them. */
function parseSignatures(reader: FormReader): AccountSettings['signatures'] {
  const signatures: AccountSettings['signatures'] = []
  for (let index = 0; index < maxSignatures && reader.has(`signature_text_${index}`); index++) {
    const address = index === 0 ? '' : reader.text(`signature_address_${index}`)
    const text = reader.text(`signature_text_${index}`).trimEnd()
    const html = reader.text(`signature_html_${index}`).trim()
    if (text.length > maxSignatureText)
      reader.refuse(`signature_text_${index}`, 'A signature may have 4,000 characters at most.')
    if (html.length > maxSignatureHtml)
      reader.refuse(`signature_html_${index}`, 'The HTML of a signature may have 16,000 characters at most.')
    if (!passes(() => assertNoControls(text.replaceAll(/[\n\t]/g, ' '), 'signature')))
      reader.refuse(`signature_text_${index}`, 'The signature holds a character that cannot be shown.')
    if (text === '' && html === '') continue
    signatures.push({ ...(address !== '' && { address }), text, ...(html !== '' && { html }) })
  }
  return signatures
}

function parseFolders(reader: FormReader, name: string, what: string): AccountSettings['hidden'] {
  const folders = reader.lines(name, maxFolders, what)
  const wrong = folders.find((path) => path.length > maxPath || !passes(() => assertNoControls(path, name)))
  if (wrong !== undefined) reader.refuse(name, `“${shorten(wrong)}” is no name of a folder.`)
  return [...folders]
}

/** As the form shows them. */
export function typedMailboxSettings(settings: AccountSettings): TypedFields {
  const { name = '', timeZone = '', aliases, signatures, hidden, readOnly = [] } = settings
  const addresses = ['', ...aliases.map(({ address }) => address)].slice(0, maxSignatures)
  const ofAddress = (address: string) =>
    signatures.find((one) => (one.address ?? '').toLowerCase() === address.toLowerCase())
  return {
    name,
    time_zone: timeZone,
    aliases: aliases
      .map((alias) => (alias.name ? `${alias.name} <${alias.address}>` : alias.address))
      .join('\n'),
    ...Object.fromEntries(
      addresses.flatMap((address, index) => [
        [`signature_address_${index}`, address],
        [`signature_text_${index}`, ofAddress(address)?.text ?? ''],
        [`signature_html_${index}`, ofAddress(address)?.html ?? ''],
      ]),
    ),
    hidden: hidden.join('\n'),
    read_only: readOnly.join('\n'),
    ...typedLimits(settings.limits),
  }
}
