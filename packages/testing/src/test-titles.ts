/**
 * Which tests cite which requirement: the titles of all tests of the repository, for the documents that are generated
 * from them. A title is any string on one line of a file in a folder `test`, so suites that many tests share are read too.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..')
const roots = ['packages', 'stacks', 'bench', 'scripts']
const skipped = new Set(['node_modules', 'dist', '.local', 'cdk.out'])

export interface Citation {
  readonly id: string
  /** From the root of the repository. */
  readonly file: string
  readonly title: string
}

/** Every TypeScript file of the project, from the root of the repository, in the order of their names. */
export function listSources(): string[] {
  return roots.flatMap((name) => listFolder(join(root, name))).sort()
}

export function readSource(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

export function isTest(file: string): boolean {
  return file.split('/').includes('test')
}

/** Every id in the title of a test. The expression is global; its first group is the id. */
export function findCitations(expression: RegExp): Citation[] {
  return listSources()
    .filter(isTest)
    .flatMap((file) =>
      stringsIn(readSource(file)).flatMap((title) =>
        [...title.matchAll(expression)].map(([, id = '']) => ({ id, file, title })),
      ),
    )
}

/** The tests of one requirement in one table cell of a page in `docs`; `toTitle` takes the ids out of the titles. */
export function toTestsCell(citations: readonly Citation[], toTitle: (title: string) => string): string {
  const tests = citations.map(
    ({ file, title }) => `${toCell(clean(toTitle(title)))} ([\`${basename(file)}\`](../${file}))`,
  )
  return [...new Set(tests)].join('<br>')
}

function listFolder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : listFolder(path)
    return entry.name.endsWith('.ts') ? [relative(root, path).split(sep).join('/')] : []
  })
}

/** The strings of a file that begin and end on one line. */
function stringsIn(source: string): string[] {
  const literal = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/g
  return source.split('\n').flatMap((line) => (line.match(literal) ?? []).map((text) => text.slice(1, -1)))
}

function clean(title: string): string {
  return title
    .replace(/\s+/g, ' ')
    .replace(/^[\s:,]+/, '')
    .trim()
}

/** Text as Markdown inside a table cell. */
function toCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
