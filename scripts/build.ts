/**
 * `pnpm build`: the four Lambda bundles in dist/functions/<name>, exactly what is deployed. ESM with splitting, so that
 * the mail libraries load only when a tool needs them; the AWS SDK is inside (loading the runtime's own is slower);
 * no source-map support in the runtime (measured: it doubles the start). The metafile says what is in a bundle.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { functionNames } from '../packages/server/src/deployment-names.ts'

const root = join(import.meta.dirname, '..')

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
      // CommonJS dependencies call require for Node's own modules.
      banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(outFolder, `${name}.meta.json`), JSON.stringify(result.metafile))
  }
}

if (process.argv[1] === import.meta.filename) await buildFunctions()
