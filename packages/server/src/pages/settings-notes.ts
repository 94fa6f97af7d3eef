/** What the page of settings says above its form: saved, changed by somebody else meanwhile, or not readable. */
import { type Html, html } from './html.ts'
import { note } from './owner-form.ts'

const labels: Readonly<Record<string, string>> = {
  name: 'Your name',
  time_zone: 'Time zone',
  aliases: 'Other addresses',
  hidden: 'Folders the app does not see',
  read_only: 'Folders the app only reads',
  ask: 'Before an email goes out',
  trust: 'Trust this app’s own question',
  recipients: 'To whom',
  listed: 'Addresses and domains',
  new_recipients: 'New recipients a day',
  sends: 'Emails an hour',
  no_attachments: 'No attachments',
}

export function savedNote(): Html {
  return note(html`<strong>Saved.</strong> It counts from the app’s next call.`)
}

export function notReadable(): Html {
  return note(
    html`<strong>What was stored here cannot be read.</strong> It was taken away or changed from outside, so the app changes and sends nothing. Below is what a new connection has. Check it and save it.`,
    'warn',
  )
}

/** `stored` and `typed` by the names of the fields. */
export function changedMeanwhile(
  stored: Readonly<Record<string, string>>,
  typed: Readonly<Record<string, string>>,
): Html {
  const names = Object.keys({ ...labels, ...stored }).filter(
    (name) => !name.startsWith('signature_address_') && name in { ...stored, ...typed },
  )
  const different = names.filter((name) => lines(stored[name]) !== lines(typed[name]))
  return note(
    html`<strong>Nothing was saved: these settings were changed in another window meanwhile.</strong> What you typed is below. Save again to put it in the place of what is stored now.${
      different.length > 0 &&
      html` Different there: ${different.map(
        (name, index) =>
          html`${index > 0 && '; '}${labels[name] ?? 'a signature'}: <bdi>${lines(stored[name]) || 'nothing'}</bdi>`,
      )}.`
    }`,
    'warn',
  )
}

function lines(text = ''): string {
  return text.replaceAll('\r\n', '\n').trim().split('\n').join(', ')
}
