/**
 * Canaries: whatever the tests typed, sent or were given that may stand in no row and no line of output (R25, R45). They
 * are looked for as they are and in the disguises a careless line would give them: hex, base64, percent-encoding.
 */

export interface Canaries {
  add(kind: string, ...secrets: (string | null | undefined)[]): void
  /** The kinds that occur, without the secrets themselves. */
  foundIn(text: string): string[]
  count(): number
}

/** Shorter ones occur by accident. */
const minChars = 8

export function createCanaries(): Canaries {
  const kept = new Map<string, string>()
  return {
    add(kind, ...secrets) {
      for (const secret of secrets) {
        if (!secret) continue
        if (secret.length < minChars) throw new Error(`A canary of kind ${kind} is too short to look for`)
        kept.set(secret, kind)
      }
    },
    foundIn(text) {
      const lower = text.toLowerCase()
      return [...kept].flatMap(([secret, kind]) =>
        disguises(secret)
          .filter(({ form, caseMatters }) =>
            caseMatters ? text.includes(form) : lower.includes(form.toLowerCase()),
          )
          .map(({ name }) => `${kind} as ${name}`),
      )
    },
    count: () => kept.size,
  }
}

function disguises(secret: string): { name: string; form: string; caseMatters: boolean }[] {
  const bytes = Buffer.from(secret)
  return [
    { name: 'text', form: secret, caseMatters: false },
    { name: 'percent-encoding', form: encodeURIComponent(secret), caseMatters: false },
    { name: 'hex', form: bytes.toString('hex'), caseMatters: false },
    ...[0, 1, 2].flatMap((offset) =>
      (['base64', 'base64url'] as const).map((encoding) => ({
        name: encoding,
        form: insideBase64(bytes, offset, encoding),
        caseMatters: true,
      })),
    ),
  ]
}

/** The characters that stand for these bytes wherever they begin: those at the edges also depend on the neighbours. */
function insideBase64(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(encoding)
    .replace(/=+$/, '')
  return encoded.slice(Math.ceil((offset * 8) / 6), -1)
}
