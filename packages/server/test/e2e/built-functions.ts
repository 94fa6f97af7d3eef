/**
 * The functions as `pnpm build` writes them, built by the first file of a run that needs them and only read by all others:
 * a build takes nine seconds of the processor. Files that run at the same time wait for the one that builds.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'
import { buildFunctions } from '../../../../scripts/build.ts'

/** The folder with all of them. Throws what the build threw, in every file. */
export async function builtFunctions(): Promise<string> {
  const folder = join(inject('runFolder'), 'functions')
  const outcome = `${folder}.outcome`
  if (begin(`${folder}.begun`)) {
    const fault = await buildFunctions(folder).then(() => '', String)
    // Written whole before it has its name: others read it as soon as it is there.
    writeFileSync(`${outcome}.part`, fault)
    renameSync(`${outcome}.part`, outcome)
  }
  while (!existsSync(outcome)) await sleep(50)
  const fault = readFileSync(outcome, 'utf8')
  if (fault !== '') throw new Error(`The functions were not built: ${fault}`)
  return folder
}

/** True for one caller of the whole run. */
function begin(mark: string): boolean {
  try {
    mkdirSync(mark)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
