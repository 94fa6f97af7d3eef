/**
 * Reads the fields of a form that a person fills in with lines of text, and collects what is wrong: every fault is named,
 * all at once. What was typed is shown again by the page.
 */
import { assertNoControls } from '@email-connector/mail'
import type { Fields } from './form.ts'

/** By the names of the form. */
export type TypedFields = Readonly<Record<string, string>>

export interface FieldFault {
  readonly field: string
  readonly message: string
}

export type ParsedFields<T> =
  | { readonly parsed: T; readonly faults?: never }
  | { readonly faults: readonly FieldFault[]; readonly parsed?: never }

export interface FormReader {
  readonly faults: readonly FieldFault[]
  refuse(field: string, message: string): void
  has(field: string): boolean
  /** With a single line feed where browsers send two characters. */
  text(field: string): string
  line(field: string, most: number, what: string): string
  /** Lines that are not empty, each once. */
  lines(field: string, most: number, what: string): readonly string[]
  /** Undefined: nothing was typed. */
  count(field: string, most: number, what: string): number | undefined
}

/** After a fault the answers are good for nothing but finding more faults. */
export function createFormReader(fields: Fields): FormReader {
  const faults: FieldFault[] = []
  const refuse = (field: string, message: string) => void faults.push({ field, message })
  const text = (field: string) => (fields.get(field) ?? '').replaceAll('\r\n', '\n')
  return {
    ...{ faults, refuse, text },
    has: (field) => fields.has(field),

    line(field, most, what) {
      const line = text(field).trim()
      if (line.length > most) refuse(field, `${what} may have ${most} characters at most.`)
      else if (!passes(() => assertNoControls(line, field))) {
        refuse(field, `${what} holds a character that cannot be used, such as a line break.`)
      }
      return line
    },

    lines(field, most, what) {
      const lines = text(field)
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
      const once = [...new Set(lines)]
      if (once.length > most) refuse(field, `${what}: ${most} at most, and there are ${once.length}.`)
      return once.slice(0, most)
    },

    count(field, most, what) {
      const typed = text(field).trim()
      if (typed === '') return undefined
      if (/^\d{1,9}$/.test(typed) && Number(typed) <= most) return Number(typed)
      refuse(field, `${what}: enter a whole number from 0 to ${most}, or leave it empty for no limit.`)
      return undefined
    },
  }
}

export function passes(assertion: () => unknown): boolean {
  try {
    assertion()
    return true
  } catch {
    return false
  }
}

/** To be quoted in a fault. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
