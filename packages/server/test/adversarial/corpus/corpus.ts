/** Every hostile mail, in a fixed order: the number of a mail makes its two words. */
import { carriers } from './carriers.ts'
import { characters } from './characters.ts'
import { composition } from './composition.ts'
import { forgeries } from './forgeries.ts'
import { headers } from './headers.ts'
import { hiddenHtml } from './hidden-html.ts'
import { links } from './links.ts'
import { type HostileMail, toMail } from './mail.ts'
import { orders } from './orders.ts'

export const corpus: readonly HostileMail[] = [
  ...hiddenHtml,
  ...characters,
  ...forgeries,
  ...orders,
  ...links,
  ...headers,
  ...carriers,
  ...composition,
].map(toMail)
