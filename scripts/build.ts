/**
 * `pnpm build`: the five Lambda bundles in dist/functions/<name>, exactly what is deployed. ESM with splitting, so that
 * the mail libraries load only when a tool needs them; the AWS SDK is inside (loading the runtime's own is slower);
 * no source-map support in the runtime (measured: it doubles the start), but maps beside each bundle, for scripts/where.ts.
 * The metafile says what is in a bundle. The threads that mcp and owner start have a bundle of their own, in a folder beside
 * its chunks.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build, type Metafile, type Plugin, transform } from 'esbuild'
import type * as WasmFiles from '../packages/mail/src/documents/wasm-files.ts'
import { threadSources } from '../packages/mail/src/start-thread.ts'
import { functionNames } from '../packages/server/src/deployment-names.ts'

const root = join(import.meta.dirname, '..')

/** The pages and the card read their parts from files; a function gets them as minified text. So with the codecs. */
const assetsInside: Plugin = {
  name: 'assets-inside',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]pages[\\/]assets\.ts$/ }, async ({ path }) => {
      const read = readAssets(path)
      return {
        contents: `export const pageCss = ${await read('page.css')}, pageJs = ${await read('page.js')}`,
      }
    })
    onLoad({ filter: /[\\/]cards[\\/]assets\.ts$/ }, async ({ path }) => {
      const read = readAssets(path)
      const card = {
        Html: await read('review.html'),
        Css: await read('review.css'),
        Js: await read('review.js'),
      }
      const parts = Object.entries(card).map(([name, text]) => `card${name} = ${text}`)
      return { contents: `export const ${parts.join(', ')}` }
    })
    onLoad({ filter: /[\\/]documents[\\/]wasm-files\.ts$/ }, async ({ path }) => {
      const { wasmFiles } = (await import(path)) as typeof WasmFiles
      const entries = Object.entries(wasmFiles).map(
        ([name, read]) => `${name}: () => Buffer.from('${read().toString('base64')}', 'base64')`,
      )
      return { contents: `export const wasmFiles = { ${entries.join(', ')} }` }
    })
  },
}

/** Of the folder beside such a file, as a literal: minified, but for HTML. */
const readAssets = (path: string) => async (name: string) => {
  const source = readFileSync(join(dirname(path), 'assets', name), 'utf8')
  const loader = name.endsWith('.css') ? 'css' : name.endsWith('.js') ? 'js' : undefined
  if (loader === undefined) return JSON.stringify(source)
  const { code } = await transform(source, { loader, minify: true, legalComments: 'none' })
  return JSON.stringify(code)
}

export async function buildFunctions(outFolder = join(root, 'dist', 'functions')): Promise<void> {
  rmSync(outFolder, { recursive: true, force: true })
  for (const name of functionNames) {
    const entryPoints = { index: join('packages', 'server', 'src', 'lambda', `${name}.ts`) }
    await bundle({ name, entryPoints, outFolder, folder: join(outFolder, name) })
  }
  const threads = join(outFolder, 'mcp', 'threads')
  await buildThreads(outFolder, threads)
  // A draft that is reviewed may take as long to lay out as an email that is read.
  cpSync(threads, join(outFolder, 'owner', 'threads'), { recursive: true })
}

/** Into `folder`, which packages/mail/src/start-thread.ts looks for beside the bundle that it is in. */
export async function buildThreads(outFolder: string, folder: string): Promise<void> {
  const sources = Object.entries(threadSources).map(([name, file]) => [
    name,
    join('packages', 'mail', 'src', file),
  ])
  const entryPoints = Object.fromEntries(sources)
  // The library of PDF comes minified. To look for shorter syntax in it takes as long as all else, and saves 2 % of the threads.
  await bundle({ name: 'threads', entryPoints, outFolder, folder, minifySyntax: false })
}

async function bundle({
  name,
  entryPoints,
  outFolder,
  folder,
  minifySyntax = true,
}: {
  name: string
  entryPoints: Record<string, string>
  outFolder: string
  folder: string
  minifySyntax?: boolean
}): Promise<void> {
  const maps = join(outFolder, `${name}.maps`)
  for (const path of [folder, maps]) mkdirSync(path, { recursive: true })
  const result = await build({
    absWorkingDir: root,
    entryPoints,
    // Always the same, wherever the files go: maps name our sources relative to it, and chunks are named by their
    // content and their map. So every build of a commit has the same names, which log lines repeat.
    outdir: join('dist', 'functions', name),
    write: false,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['node', 'import'],
    mainFields: ['module', 'main'],
    minifyWhitespace: true,
    minifyIdentifiers: true,
    minifySyntax,
    // Apart, with no word about them in the bundle.
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    plugins: [assetsInside],
    // CommonJS dependencies call require for Node's own modules.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  })
  forgetUnreached(result.metafile, Object.keys(entryPoints))
  const kept = new Set(Object.keys(result.metafile.outputs).map((path) => basename(path)))
  for (const { path, contents } of result.outputFiles) {
    const isMap = path.endsWith('.map')
    if (kept.has(basename(path, '.map'))) writeFileSync(join(isMap ? maps : folder, basename(path)), contents)
  }
  writeFileSync(join(outFolder, `${name}.meta.json`), JSON.stringify(result.metafile))
}

/** esbuild writes a file for each import() it reads, also in a function that it then leaves out because nobody calls it. */
function forgetUnreached({ outputs }: Metafile, entries: readonly string[]): void {
  const reached = new Set(Object.keys(outputs).filter((path) => entries.includes(basename(path, '.mjs'))))
  for (const path of reached) for (const one of outputs[path]?.imports ?? []) reached.add(one.path)
  for (const path of Object.keys(outputs)) if (!reached.has(path)) delete outputs[path]
}

if (process.argv[1] === import.meta.filename) await buildFunctions()
