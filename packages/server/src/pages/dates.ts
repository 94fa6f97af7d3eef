/** Days as people write them, with the exact moment for machines. UTC: the server knows no one's time zone. */
import { type Html, html } from './html.ts'

export function dayText(epochSeconds: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(epochSeconds * 1000)
}

export function day(epochSeconds: number): Html {
  return html`<time datetime="${new Date(epochSeconds * 1000).toISOString()}">${dayText(epochSeconds)}</time>`
}
