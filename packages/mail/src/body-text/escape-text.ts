/** Text as HTML shows it, in an element and in an attribute. */
export function escapeText(value: string): string {
  if (!/[&<>"]/.test(value)) return value
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
