/** Where links and pictures of a mail lead when it is shown or sent on to people: whole, and to nothing that runs. */
import { parseLink } from './link-target.ts'

/** They open a program of the reader's with a number, a calendar or a place in it. */
const harmless = /^(?:tel|sms|webcal|geo|facetime|sip|xmpp):[^\s<>"']{1,2000}$/i
const insidePicture = /^data:image\/(?:png|gif|jpe?g|webp);base64,[a-z\d+/=\s]+$/i
const attachedPicture = /^cid:[^\s<>"']{1,500}$/i

export function wholeTarget(href: string | undefined, base: string | undefined): string | undefined {
  const trimmed = (href ?? '').trim()
  return harmless.test(trimmed) ? trimmed : parseLink(trimmed, base)?.whole
}

export function pictureSource(source: string | undefined, base: string | undefined): string | undefined {
  const trimmed = (source ?? '').trim()
  if (attachedPicture.test(trimmed) || insidePicture.test(trimmed)) return trimmed
  const target = parseLink(trimmed, base)
  return target?.href.startsWith('mailto:') ? undefined : target?.whole
}
