/**
 * PGP in the text itself, without MIME (RFC 9580 §6.2, §7): of signed text its words without the armour, of encrypted
 * text that it is so. Nothing is verified, as nothing is elsewhere.
 */

export interface OpenedPgp {
  readonly text: string
  readonly isEncrypted: boolean
}

const signedStart = '-----BEGIN PGP SIGNED MESSAGE-----'
const signatureStart = '-----BEGIN PGP SIGNATURE-----'
const signatureEnd = '-----END PGP SIGNATURE-----'
const sealedStart = '-----BEGIN PGP MESSAGE-----'
const sealedEnd = '-----END PGP MESSAGE-----'
/** A header (§6.2.2), or base64 with its checksum. */
const armourLine = /^(?:(?:Version|Comment|Hash|Charset|MessageID): .*|[A-Za-z0-9+/=]*)$/i
const sealedNote = "[Encrypted with PGP: it cannot be read here, the owner's own mail program can.]"

export function openInlinePgp(text: string): OpenedPgp {
  if (!text.includes(signedStart) && !text.includes(sealedStart)) return { text, isEncrypted: false }
  const shown: string[] = []
  /** What the lines are in. */
  let inside: 'text' | 'headers' | 'signed' | 'armour' = 'text'
  let isEncrypted = false
  for (const line of text.split('\n')) {
    const mark = line.trimEnd()
    if (inside === 'armour') {
      if (armourLine.test(mark)) continue
      inside = 'text'
      // Words are no armour, even where its end is missing.
      if (mark === sealedEnd || mark === signatureEnd) continue
    }
    if (mark === sealedStart) {
      inside = 'armour'
      isEncrypted = true
      shown.push(sealedNote)
    } else if (inside === 'text' && mark === signedStart) inside = 'headers'
    else if (inside === 'signed' && mark === signatureStart) inside = 'armour'
    else if (inside === 'headers') {
      // A line that is no header belongs to the text, whatever should be in front of it.
      if (mark === '') inside = 'signed'
      else if (!/^[A-Za-z]{1,40}: /.test(mark)) {
        inside = 'signed'
        shown.push(line)
      }
    } else shown.push(inside === 'signed' && line.startsWith('- ') ? line.slice(2) : line)
  }
  return { text: shown.join('\n'), isEncrypted }
}
