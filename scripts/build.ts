/**
 * `pnpm build`: the four Lambda bundles in dist/functions/<name>, exactly what is deployed. ESM with splitting, so that
 * the mail libraries load only when a tool needs them; the AWS SDK is inside (loading the runtime's own is slower);
 * no source-map support in the runtime (measured: it doubles the start). The metafile says what is in a bundle.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build, type Metafile, type Plugin, transform } from 'esbuild'

const root = join(import.meta.dirname, '..')
export const functionNames = ['oauth', 'mcp', 'health', 'authorizer'] as const

/** The pages read their stylesheet and script from files; a function gets both as minified text. */
const assetsInside: Plugin = {
  name: 'assets-inside',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]pages[\\/]assets\.ts$/ }, async ({ path }) => {
      const minify = async (loader: 'css' | 'js') => {
        const source = readFileSync(join(dirname(path), 'assets', `page.${loader}`), 'utf8')
        const { code } = await transform(source, { loader, minify: true, legalComments: 'none' })
        return JSON.stringify(code)
      }
      return { contents: `export const pageCss = ${await minify('css')}, pageJs = ${await minify('js')}` }
    })
  },
}

export async function buildFunctions(outFolder = join(root, 'dist', 'functions')): Promise<void> {
  rmSync(outFolder, { recursive: true, force: true })
  for (const name of functionNames) {
    const folder = join(outFolder, name)
    const result = await build({
      absWorkingDir: root,
      entryPoints: { index: join('packages', 'server', 'src', 'lambda', `${name}.ts`) },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      conditions: ['node', 'import'],
      mainFields: ['module', 'main'],
      minify: true,
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
      plugins: [assetsInside],
      // CommonJS dependencies call require for Node's own modules.
      banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    })
    removeUnreached(result.metafile)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(outFolder, `${name}.meta.json`), JSON.stringify(result.metafile))
  }
}

/** esbuild writes a file for each import() it reads, also in a function that it then leaves out because nobody calls it. */
function removeUnreached({ outputs }: Metafile): void {
  const reached = new Set(Object.keys(outputs).filter((path) => basename(path) === 'index.mjs'))
  for (const path of reached) for (const one of outputs[path]?.imports ?? []) reached.add(one.path)
  for (const path of Object.keys(outputs)) {
    if (reached.has(path)) continue
    rmSync(join(root, path))
    delete outputs[path]
  }
}

if (process.argv[1] === import.meta.filename) await buildFunctions()
