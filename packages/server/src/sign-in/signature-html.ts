/**
 * The HTML of an owner's signatures before it is kept: what a mail's HTML is for people, so that neither a page nor a
 * recipient ever gets a script of it. The renderer is loaded only when there is HTML.
 */
import type { AccountSettings } from '../accounts/settings.ts'
import type { FieldFault, ParsedFields } from './form-reader.ts'

type Signature = AccountSettings['signatures'][number]

/** Of the schema: what was made safe may be longer than what was typed. */
const maxHtml = 16_000
const maxText = 4_000

export async function withSafeSignatures(settings: AccountSettings): Promise<ParsedFields<AccountSettings>> {
  if (settings.signatures.every(({ html }) => html === undefined)) return { parsed: settings }
  const [{ htmlForPeople }, { htmlToText }] = await Promise.all([
    import('@email-connector/mail/html-for-people'),
    import('@email-connector/mail/html-to-text'),
  ])
  const faults: FieldFault[] = []
  const addresses = ['', ...settings.aliases.map(({ address }) => address)]
  const signatures = settings.signatures.map((signature): Signature => {
    if (signature.html === undefined) return signature
    const at = addresses.findIndex((one) => one.toLowerCase() === (signature.address ?? '').toLowerCase())
    const field = `signature_html_${Math.max(0, at)}`
    const html = htmlForPeople(signature.html)
    const text = signature.text === '' ? htmlToText(signature.html).text.trim() : signature.text
    if (html === '') faults.push({ field, message: 'Nothing of this HTML can be shown to a reader.' })
    if (html.length > maxHtml || text.length > maxText)
      faults.push({ field, message: 'The HTML of this signature is too long.' })
    return { ...signature, html, text }
  })
  return faults.length > 0 ? { faults } : { parsed: { ...settings, signatures } }
}
