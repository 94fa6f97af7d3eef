/**
 * Header fields that are for drafts only: what a mail program notes for itself while a message is written, and takes
 * out before it sends. Whatever is not listed goes out as it is stored.
 */

/** Copies to file, templates, and marks by which a program knows its own draft again. */
const names = new Set([
  'bcc',
  'resent-bcc',
  'fcc',
  // Outlook, `.eml` files that open for writing
  'x-unsent',
  // Thunderbird, beside x-mozilla-*
  'x-identity-key',
  'x-account-key',
  'x-enigmail-draft-status',
  // Apple Mail, beside x-apple-*
  'x-uniform-type-identifier',
  'x-universally-unique-identifier',
  // Roundcube and Horde
  'x-draft-info',
  'x-sent-folder',
  // mbox and maildir, stored by programs that move drafts between folders
  'status',
  'x-status',
  'x-keywords',
  'x-uid',
])

const prefixes = [
  'x-mozilla-',
  'x-apple-',
  'x-gm-',
  'x-evolution-',
  'x-kmail-',
  'x-k9mail-',
  'x-claws-',
  'x-sylpheed-',
  'x-mutt-',
  'x-imp-draft',
  'x-zimbra-draft',
  'x-mailspring-draft',
]

export function isDraftOnly(name: string): boolean {
  return names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
}
