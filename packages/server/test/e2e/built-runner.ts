/**
 * The local runner as one file, made once for a run: loading its sources through tsx costs each start two seconds of the
 * processor. Every module still knows itself by its source, and finds what is beside it; dependencies are loaded as they are.
 * The files that show what `npm start` does run the sources (`fromSource`).
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { madeOnce } from './once-a-run.ts'

const main = join(import.meta.dirname, '..', '..', 'src', 'local', 'main.ts')

/** Of the file to start. */
export async function builtRunner(): Promise<string> {
  const folder = await madeOnce('runner', async (outdir) => {
    await build({
      entryPoints: [main],
      outdir,
      outExtension: { '.js': '.mjs' },
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20' },
      logLevel: 'warning',
      plugins: [atTheirSource],
    })
  })
  return join(folder, 'main.mjs')
}

const atTheirSource: Plugin = {
  name: 'at-their-source',
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === 'asked' || path.startsWith('node:')) return undefined
      const { importer, kind, resolveDir } = from
      const found = await resolve(path, { importer, kind, resolveDir, pluginData: 'asked' })
      const isOurs = !found.path.includes('/node_modules/')
      return isOurs || found.external ? found : { path: pathToFileURL(found.path).href, external: true }
    })
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href)
      const contents = (await readFile(path, 'utf8')).replaceAll('import.meta.url', url)
      return { contents, loader: 'ts' }
    })
  },
}
