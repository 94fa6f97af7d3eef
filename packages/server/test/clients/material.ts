/** What the clients are shown: drafts, since a draft asks nobody and reaches nobody. */

/** One pixel, base64. */
export const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export const longText = Array.from(
  { length: 900 },
  (_, row) => `Row ${row} of a long report: ${'x'.repeat(40)}`,
).join('\n\n')

/** The id of the only attachment of each. */
export const attachmentId = '2'

export const drafts = {
  picture: toDraft('picture', 'See the picture.', ['dot.png', 'image/png', picture]),
  long: toDraft('long', longText),
  report: toDraft('report', 'See the report.', ['report.txt', 'text/plain', longText]),
}

function toDraft(subject: string, body: string, attached?: [string, string, string]) {
  const [filename, content_type, content] = attached ?? []
  const attachments = attached === undefined ? [] : [{ filename, content_type, content }]
  return { to: ['ann@example.com'], subject, body, attachments }
}
