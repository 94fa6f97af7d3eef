/** Reads the documents of this project as far as tests hold them to be true: sections, tables, what stands in code marks. */
import { readFileSync } from 'node:fs'

export function readDocument(name: string): string {
  return readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8')
}

/** The text from a heading, which must exist, to the next one of its level or above. */
export function sectionOf(document: string, heading: string): string {
  const lines = document.split('\n')
  const start = lines.indexOf(heading)
  if (start === -1) throw new Error(`There is no section ${heading}`)
  const level = heading.indexOf(' ')
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level)
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n')
}

/** The cells of every table row; the lines of heads and rules are left out. */
export function rowsIn(section: string): string[][] {
  const lines = section.split('\n')
  return lines
    .filter((line, index) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1] ?? ''))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

/** What stands in code marks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

function isRule(line: string): boolean {
  return /^\|(?: *:?-+:? *\|)+$/.test(line)
}
