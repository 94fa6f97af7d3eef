/**
 * Where `**` and `~~` may open and close. CommonMark asks for a space or a mark outside of them where there is a mark
 * inside (§6.2); Chinese, Japanese and Korean have no space there, and `**Note:**text` is typed as well. 2**3 is a sum.
 */
import type { MarkdownIt } from 'markdown-it'

type State = MarkdownIt['inline']['State']
type Scanned = ReturnType<InstanceType<State>['scanDelims']>

export function withMailDelimiters(Base: State): State {
  return class extends Base {
    override scanDelims(start: number, canSplitWord: boolean): Scanned {
      const scanned = super.scanDelims(start, canSplitWord)
      const marker = this.src.charAt(start)
      if (scanned.length < 2 || marker === '_') return scanned
      const before = characterBefore(this.src, start)
      const after = characterAt(this.src, start + scanned.length, this.posMax)
      const isPower = marker === '*' && /\d/.test(before) && /\d/.test(after)
      return isPower ? { ...scanned, can_open: false, can_close: false } : inMail(scanned, before, after)
    }
  }
}

const east = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}ー]/u

function inMail(scanned: Scanned, before: string, after: string): Scanned {
  const endsPhrase = /[:.!?…“”»：。！？]/.test(before) && /\p{L}/u.test(after)
  return {
    ...scanned,
    can_open: scanned.can_open || (east.test(before) && !isBlank(after)),
    can_close: scanned.can_close || (!isBlank(before) && (east.test(after) || endsPhrase)),
  }
}

function isBlank(character: string): boolean {
  return /^\s?$/.test(character)
}

function characterBefore(text: string, index: number): string {
  return /.$/su.exec(text.slice(Math.max(0, index - 2), index))?.[0] ?? ''
}

function characterAt(text: string, index: number, end: number): string {
  return /^./su.exec(text.slice(index, Math.min(index + 2, end)))?.[0] ?? ''
}
