/** docs/architecture.md against the package files, the folders and the lint rules it speaks of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isTest, listSources, readSource } from '@email-connector/testing/test-titles'
import { expect, test } from 'vitest'
import { gatewayRoutes } from '../../../../stacks/api/gateway-table.ts'
import { oauthRoutes, siteRoutes } from '../../src/composition/routes.ts'
import { mcpRoutes } from '../../src/mcp/mcp-route.ts'
import { codeIn, readDocument, rowsIn, sectionOf } from './document.ts'

const root = new URL('../../../../', import.meta.url)
const architecture = readDocument('architecture.md')

interface PackageFile {
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

test('the parts of the architecture are the dependencies of the packages, each once', () => {
  const files = ['package.json', 'bench/package.json', 'stacks/package.json', ...packageFiles()]
  const declared = files.flatMap((file) => {
    const { dependencies, optionalDependencies, devDependencies } = readJson(file)
    return Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies })
  })
  const foreign = new Set(declared.filter((name) => !name.startsWith('@email-connector/')))
  const listed = rowsIn(sectionOf(architecture, '## Parts')).flatMap(([first = '']) => codeIn(first))
  expect(listed.sort()).toEqual([...foreign].sort())
})

test('the paths of the architecture are those that are served, each by the function the gateway sends it to', () => {
  // Only paths and methods are looked at: no handler is called.
  const routes = { ...siteRoutes({} as never), ...oauthRoutes({} as never), ...mcpRoutes({} as never) }
  const served = Object.entries(routes).map(([path, { handlers }]) => [
    path,
    Object.keys(handlers).sort().join(', '),
    gatewayRoutes.find((route) => matches(route.path, path))?.target,
  ])
  const written = rowsIn(sectionOf(architecture, '## Paths')).map(([path = '', methods = '', , target]) => [
    codeIn(path)[0],
    methods.split(', ').sort().join(', '),
    target,
  ])
  expect(written.sort()).toEqual(served.sort())
})

test('the errors of the architecture are the classes of the code', () => {
  const sources = listSources().filter((file) => !isTest(file) && !file.startsWith('packages/testing/'))
  const classes = sources.flatMap((file) =>
    [...readSource(file).matchAll(/\bclass (\w+) extends \w*Error\b/g)].map(([, name]) => name),
  )
  const listed = rowsIn(sectionOf(architecture, '## Errors')).flatMap(([names = '']) => codeIn(names))
  expect(listed.sort()).toEqual(classes.sort())
})

test('one file of mail imports imapflow, apart from its types', () => {
  const folder = fileURLToPath(new URL('packages/mail/src', root))
  const importing = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      /(?:^import (?!type\b)[^']*from |import\()'imapflow['/]/m.test(
        readFileSync(join(folder, file), 'utf8'),
      ),
  )
  expect(importing).toEqual(['imap/client.ts'])
})

test('every file and folder that the documents name exists', () => {
  for (const name of ['architecture.md', 'storage-schema.md', 'threat-model.md']) {
    const paths = codeIn(readDocument(name)).filter((code) =>
      /^(?:packages|stacks|bench|scripts|docs)\/[\w./-]+$/.test(code),
    )
    expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  }
})

/** As API Gateway: `{proxy+}` is one or more segments. */
function matches(pattern: string, path: string): boolean {
  const stem = pattern.replace('{proxy+}', '')
  return stem === pattern ? path === pattern : path.startsWith(stem) && path !== stem
}

function packageFiles(): string[] {
  return ['mail', 'oauth', 'server', 'testing'].map((name) => `packages/${name}/package.json`)
}

function readJson(path: string): PackageFile {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as PackageFile
}
