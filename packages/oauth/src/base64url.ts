/** base64url as this server writes it: one text for one value, or a changed row could say the same in two spellings. */
export function isCanonicalBase64url(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text
}
