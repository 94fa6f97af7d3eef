/**
 * Hosts that stand between a link and its target as a service: what newsletters count clicks with, and what a mail
 * gateway rewrites links to. The registrable domains of services only; a sender's own counting host needs no entry.
 */

/** In front of any target: nothing is said about where the link leads but by who sent it. */
export const trackers: ReadonlySet<string> = new Set(
  `list-manage.com mailchimp.com mandrillapp.com sendgrid.net sendgrid.com hubspotlinks.com hubspotemail.net
   hubspotlinksstarter.com exacttarget.com exct.net sfmc-content.com marketingcloudapis.com pardot.com mktoweb.com
   mkto-link.com mkt41.net mailgun.org mailgun.net sparkpostmail.com sparkpost.com awstrack.me amazonses.com
   klclick.com klclick1.com klclick2.com klclick3.com klaviyomail.com rs6.net constantcontact.com cmail19.com cmail20.com
   createsend1.com createsend.com sendibt1.com sendibt2.com sendibt3.com sendinblue.com brevo.com mjt.lu mailjet.com
   rsgsv.net eloqua.com en25.com customeriomail.com customer.io intercom-clicks.com intercom-mail.com iterable.com
   braze.com appboy.com responsys.net rsys2.net rsys5.com sailthru.com sail-horizon.com acems1.com activehosted.com
   convertkit-mail.com convertkit-mail2.com beehiiv.com substack.com mailerlite.com mlsend.com getresponse.com
   getresponse360.com aweber.com icptrack.com infusionsoft.com keap.com drip.com getdrip.com postmarkapp.com
   pstmrk.it mailtrack.io emarsys.net emarsys.com optimove.net dotdigital.com dmdelivery.com cleverreach.com crsend.com
   newsletter2go.com inxmail.com rapidmail.de emailsys1a.net emailsys2a.net episerver.net optivo.com srv2.de
   acoustic.com silverpop.com mkt51.net bluecore.com listrak.com listrakbi.com cordial.com zaius.com ometria.com
   omnisend.com soundestlink.com smtp2go.com socketlabs.com elasticemail.com tinyletter.com revue.email ghost.io
   doubleclick.net adjust.com branch.io app.link onelink.me safelinks.protection.outlook.com urldefense.com
   urldefense.proofpoint.com proofpoint.com mimecast.com mimecastprotect.com cudasvc.com barracudacentral.org
   trendmicro.com fireeye.com sophos.com ppe-hosted.com`.split(/\s+/),
)

/**
 * Gateways that the owner's own provider puts in front of every link write the whole target into it. Returns that
 * target, undefined for any other link.
 */
export function unwrap(href: string): string | undefined {
  const url = URL.canParse(href) ? new URL(href) : undefined
  if (url === undefined) return undefined
  if (url.hostname.endsWith('.safelinks.protection.outlook.com'))
    return url.searchParams.get('url') ?? undefined
  if (/^(?:www\.)?google\.[a-z.]{2,6}$/.test(url.hostname) && url.pathname === '/url')
    return url.searchParams.get('q') ?? url.searchParams.get('url') ?? undefined
  if (!/^urldefense\.(?:com|proofpoint\.com)$/.test(url.hostname)) return undefined
  const v3 = /^\/v3\/__(https?:\/\/?[^/?#\s]+)/.exec(url.pathname)?.[1]
  if (v3 !== undefined) return v3.replace(/^(https?:)\/+/, '$1//')
  const v2 = url.pathname.startsWith('/v2/') ? (url.searchParams.get('u') ?? undefined) : undefined
  return v2
    ?.replaceAll('_', '/')
    .replaceAll(/-([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
